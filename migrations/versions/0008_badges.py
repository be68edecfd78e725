"""Badges: keys of issuers, and the badge of each certificate."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "issuer_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("public", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_issuer_key_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuer_key")),
        sa.UniqueConstraint("public", name=op.f("uq_issuer_key_public")),
    )
    with op.batch_alter_table("issuer_key") as batch:
        batch.create_index(batch.f("ix_issuer_key_organisation_id"), ["organisation_id"])
    with op.batch_alter_table("certificate") as batch:
        batch.add_column(sa.Column("badge", sa.Text(), nullable=True))
        batch.add_column(sa.Column("status_index", sa.Integer(), nullable=True))
        batch.create_unique_constraint(batch.f("uq_certificate_organisation_id_status_index"), ["organisation_id", "status_index"])


def downgrade() -> None:
    """To the version before."""
    with op.batch_alter_table("certificate") as batch:
        batch.drop_constraint(batch.f("uq_certificate_organisation_id_status_index"), type_="unique")
        batch.drop_column("status_index")
        batch.drop_column("badge")
    op.drop_table("issuer_key")
