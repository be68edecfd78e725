"""Files of other systems that authors bring along, each with the report on its items."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_TABLE = "studio_arrival"


def upgrade() -> None:
    """To this version."""
    op.create_table(
        _TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        *[sa.Column(name, sa.String(), nullable=False) for name in ("name", "format", "language")],
        *[sa.Column(name, sa.LargeBinary(), nullable=True) for name in ("sent", "made")],
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("taken_at", _MOMENT, nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("lease", sa.String(), nullable=True),
        sa.Column("lease_until", _MOMENT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        *[sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{_TABLE}_{column}"))
          for column, other in {"draft_id": "studio_draft", "person_id": "person", "organisation_id": "organisation"}.items()],
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{_TABLE}")),
    )
    with op.batch_alter_table(_TABLE) as batch:
        for columns in (["draft_id"], ["person_id"], ["organisation_id"], ["state", "due_at"]):
            batch.create_index(batch.f(f"ix_{_TABLE}_{'_'.join(columns)}"), columns)


def downgrade() -> None:
    """To the version before."""
    op.drop_table(_TABLE)
