"""Certificates expire, are replaced and deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    with op.batch_alter_table("certificate") as batch:
        batch.add_column(sa.Column("turn", sa.Integer(), nullable=False, server_default="1"))
        batch.add_column(sa.Column("expires_on", sa.Date(), nullable=True))
        batch.add_column(sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("seal_fingerprint", sa.String(), nullable=True))
        batch.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
        batch.create_index(batch.f("ix_certificate_expires_on"), ["expires_on"])
        batch.drop_constraint(batch.f("uq_certificate_enrolment_id_award"), type_="unique")
        batch.create_unique_constraint(batch.f("uq_certificate_enrolment_id_award_turn"), ["enrolment_id", "award", "turn"])
    with op.batch_alter_table("certificate") as batch:
        batch.alter_column("turn", server_default=None)


def downgrade() -> None:
    """To the version before."""
    op.execute("delete from certificate where turn > 1")
    with op.batch_alter_table("certificate") as batch:
        batch.drop_constraint(batch.f("uq_certificate_enrolment_id_award_turn"), type_="unique")
        batch.create_unique_constraint(batch.f("uq_certificate_enrolment_id_award"), ["enrolment_id", "award"])
        batch.drop_index(batch.f("ix_certificate_expires_on"))
        for column in ("deleted_at", "seal_fingerprint", "held_at", "replaced_at", "expires_on", "turn"):
            batch.drop_column(column)
