"""Tests with a time limit, somebody's extra time, due dates; and which attempt counts as the course says."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """To this version."""
    _table(
        "sitting", _number("enrolment_id"), _text("module"), _number("minutes"), sa.Column("started_at", _MOMENT, nullable=False),
        refers={"enrolment_id": "enrolment"}, once=["enrolment_id", "module"], indexed=[["enrolment_id"]],
    )
    _table(
        "extra_time", _number("enrolment_id"), _number("percent"), _number("minutes"), _number("giver_id"), sa.Column("given_at", _MOMENT, nullable=False),
        refers={"enrolment_id": "enrolment", "giver_id": "person"}, once=[], indexed=[["enrolment_id"]],
    )
    _table(
        "due_date", _number("run_id"), _text("module"), sa.Column("at", _MOMENT, nullable=True), _number("setter_id", nullable=True),
        sa.Column("set_at", _MOMENT, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False), sa.Column("lease", sa.String(), nullable=True), sa.Column("lease_until", _MOMENT, nullable=True),
        _number("tries"), sa.Column("error", sa.String(), nullable=True),
        refers={"run_id": "run", "setter_id": "person"}, once=["run_id", "module"], indexed=[["state", "due_at"]],
    )
    op.execute("UPDATE lti_resource_link SET keep = 'course' WHERE keep = 'best'")


def downgrade() -> None:
    """To the version before."""
    op.execute("UPDATE lti_resource_link SET keep = 'best' WHERE keep = 'course'")
    for name in ("due_date", "extra_time", "sitting"):
        op.drop_table(name)


def _number(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.String(), nullable=False)


def _table(name: str, *columns: sa.Column, refers: dict[str, str], once: list[str], indexed: list[list[str]]) -> None:
    op.create_table(
        name, sa.Column("id", sa.Integer(), nullable=False), *columns, _number("organisation_id"),
        *[sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{name}_{column}")) for column, other in {**refers, "organisation_id": "organisation"}.items()],
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        *([sa.UniqueConstraint(*once, name=op.f(f"uq_{name}_{'_'.join(once)}"))] if once else []),
    )
    with op.batch_alter_table(name) as batch:
        for together in [*indexed, ["organisation_id"]]:
            batch.create_index(batch.f(f"ix_{name}_{'_'.join(together)}"), together)
