"""Legal texts have a topic: those without one are what evidence reports quote, the others stand in courses."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    with op.batch_alter_table("legal_version") as batch:
        batch.add_column(sa.Column("topic", sa.String(length=40), server_default="", nullable=False))


def downgrade() -> None:
    """To the version before: what was written for courses is no text of a report."""
    op.execute("DELETE FROM legal_version WHERE topic <> ''")
    with op.batch_alter_table("legal_version") as batch:
        batch.drop_column("topic")
