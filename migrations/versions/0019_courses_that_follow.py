"""Courses that follow a git repository: where it is, and the report on each pull."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0014"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "studio_following",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        *[sa.Column(name, sa.String(), nullable=False) for name in ("url", "branch", "folder", "token")],
        sa.Column("publishes", sa.Boolean(), nullable=False),
        *[sa.Column(name, sa.String(), nullable=False) for name in ("commit_id", "taken", "overrules")],
        sa.Column("looked_at", _MOMENT, nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("lease", sa.String(), nullable=True),
        sa.Column("lease_until", _MOMENT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        *_refers("studio_following", draft_id="studio_draft", person_id="person", organisation_id="organisation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studio_following")),
        sa.UniqueConstraint("draft_id", name=op.f("uq_studio_following_draft_id")),
    )
    op.create_table(
        "studio_pull",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("following_id", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("again_at", _MOMENT, nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        *[sa.Column(name, sa.String(), nullable=False) for name in ("commit_id", "author")],
        sa.Column("committed_at", _MOMENT, nullable=True),
        *[sa.Column(name, sa.String(), nullable=False) for name in ("subject", "message")],
        *[sa.Column(name, sa.JSON(), nullable=False) for name in ("told", "findings", "changed")],
        sa.Column("edition_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        *_refers("studio_pull", following_id="studio_following", edition_id="edition", organisation_id="organisation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studio_pull")),
    )
    for table, indexes in (("studio_following", (["organisation_id"], ["state", "due_at"])), ("studio_pull", (["organisation_id"], ["following_id"]))):
        with op.batch_alter_table(table) as batch:
            for columns in indexes:
                batch.create_index(batch.f(f"ix_{table}_{'_'.join(columns)}"), columns)


def downgrade() -> None:
    """To the version before."""
    op.drop_table("studio_pull")
    op.drop_table("studio_following")


def _refers(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}")) for column, other in columns.items()]
