"""Regrades: decisions that answers to a question are graded otherwise, and what they did with each attempt."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """To this version."""
    _table(
        "regrade", _number("edition_id"), _number("run_id", nullable=True), sa.Column("module", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False), _number("number"), sa.Column("how", sa.String(20), nullable=False),
        _number("by_edition_id", nullable=True), sa.Column("may_lower", sa.Boolean(), nullable=False), sa.Column("reason", sa.String(), nullable=False),
        _number("person_id"), sa.Column("asked_at", _MOMENT, nullable=False), sa.Column("done_at", _MOMENT, nullable=True),
        sa.Column("state", sa.String(20), nullable=False), sa.Column("due_at", _MOMENT, nullable=False), sa.Column("lease", sa.String(), nullable=True),
        sa.Column("lease_until", _MOMENT, nullable=True), _number("tries"), sa.Column("error", sa.String(), nullable=True),
        refers={"edition_id": "edition", "run_id": "run", "by_edition_id": "edition", "person_id": "person"},
        once=["edition_id", "module", "item", "number"], indexed=[["run_id"], ["state", "due_at"]],
    )
    _table(
        "regraded", _number("regrade_id"), _number("attempt_id"), _number("before_id"), _number("after_id"),
        refers={"regrade_id": "regrade", "attempt_id": "attempt", "before_id": "grade", "after_id": "grade"},
        once=["regrade_id", "attempt_id"], indexed=[["attempt_id"]],
    )


def downgrade() -> None:
    """To the version before."""
    op.drop_table("regraded")
    op.drop_table("regrade")


def _number(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _table(name: str, *columns: sa.Column, refers: dict[str, str], once: list[str], indexed: list[list[str]]) -> None:
    op.create_table(
        name, sa.Column("id", sa.Integer(), nullable=False), *columns, _number("organisation_id"),
        *[sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{name}_{column}")) for column, other in {**refers, "organisation_id": "organisation"}.items()],
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint(*once, name=op.f(f"uq_{name}_{'_'.join(once)}")),
    )
    with op.batch_alter_table(name) as batch:
        for found in [*indexed, ["organisation_id"]]:
            batch.create_index(batch.f(f"ix_{name}_{'_'.join(found)}"), found)
