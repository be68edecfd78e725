"""Registrars: keys and what was asked with them, files that holders let everybody have, changes by time, thresholds of organisations, where these are."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "registrar_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("names", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("ending", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_registrar_key_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrar_key")),
        sa.UniqueConstraint("digest", name=op.f("uq_registrar_key_digest")),
    )
    with op.batch_alter_table("registrar_key") as batch:
        batch.create_index(batch.f("ix_registrar_key_organisation_id"), ["organisation_id"])
    op.create_table(
        "registrar_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["registrar_key.id"], name=op.f("fk_registrar_request_key_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_registrar_request_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrar_request")),
    )
    with op.batch_alter_table("registrar_request") as batch:
        batch.create_index(batch.f("ix_registrar_request_key_id"), ["key_id"])
        batch.create_index(batch.f("ix_registrar_request_organisation_id"), ["organisation_id"])
        batch.create_index(batch.f("ix_registrar_request_organisation_id_asked_at"), ["organisation_id", "asked_at"])
    op.create_table(
        "threshold_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participation", sa.Integer(), nullable=True),
        sa.Column("achievement", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_threshold_rule_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threshold_rule")),
        sa.UniqueConstraint("organisation_id", name=op.f("uq_threshold_rule_organisation_id")),
    )
    with op.batch_alter_table("threshold_rule") as batch:
        batch.create_index(batch.f("ix_threshold_rule_organisation_id"), ["organisation_id"])
        batch.create_index(batch.f("ix_threshold_rule_state_due_at"), ["state", "due_at"])
    with op.batch_alter_table("organisation") as batch:
        batch.add_column(sa.Column("country", sa.String(), nullable=False, server_default="DEU"))
        batch.add_column(sa.Column("legal_identifier", sa.String(), nullable=True))
    with op.batch_alter_table("organisation") as batch:
        batch.alter_column("country", existing_type=sa.String(), existing_nullable=False, server_default=None)
    with op.batch_alter_table("certificate") as batch:
        batch.add_column(sa.Column("files_public_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("files_public_text", sa.String(), nullable=True))
        batch.add_column(sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("update certificate set changed_at = coalesce(deleted_at, withdrawn_at, replaced_at, issued_at, due_at)")
    with op.batch_alter_table("certificate") as batch:
        batch.alter_column("changed_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch.create_index(batch.f("ix_certificate_organisation_id_changed_at_id"), ["organisation_id", "changed_at", "id"])


def downgrade() -> None:
    """To the version before."""
    with op.batch_alter_table("certificate") as batch:
        batch.drop_index(batch.f("ix_certificate_organisation_id_changed_at_id"))
        batch.drop_column("changed_at")
        batch.drop_column("files_public_text")
        batch.drop_column("files_public_at")
    with op.batch_alter_table("organisation") as batch:
        batch.drop_column("legal_identifier")
        batch.drop_column("country")
    for name in ("threshold_rule", "registrar_request", "registrar_key"):
        op.drop_table(name)
