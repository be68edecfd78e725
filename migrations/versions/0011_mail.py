"""E-mail: the outbox, who wants no notices, reminders; timestamps that are added later."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None


def _work() -> list[sa.Column]:
    return [
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
    ]


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("addressee", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("unsubscribe", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        *_work(),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_mail_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("organisation_id", "key", name=op.f("uq_mail_organisation_id_key")),
    )
    with op.batch_alter_table("mail") as batch:
        for columns in (["organisation_id"], ["addressee"], ["taken_at"], ["state", "due_at"]):
            batch.create_index(batch.f(f"ix_mail_{'_'.join(columns)}"), columns)
    op.create_table(
        "missing_timestamp",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        *_work(),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificate.id"], name=op.f("fk_missing_timestamp_certificate_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_missing_timestamp_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_missing_timestamp")),
        sa.UniqueConstraint("certificate_id", name=op.f("uq_missing_timestamp_certificate_id")),
    )
    with op.batch_alter_table("missing_timestamp") as batch:
        for columns in (["organisation_id"], ["state", "due_at"]):
            batch.create_index(batch.f(f"ix_missing_timestamp_{'_'.join(columns)}"), columns)
    op.create_table(
        "former_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificate.id"], name=op.f("fk_former_file_certificate_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_former_file_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_file")),
    )
    with op.batch_alter_table("former_file") as batch:
        for column in ("organisation_id", "certificate_id", "sha256"):
            batch.create_index(batch.f(f"ix_former_file_{column}"), [column])
    with op.batch_alter_table("person") as batch:
        batch.add_column(sa.Column("notices_off_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("certificate") as batch:
        batch.add_column(sa.Column("reminded_days", sa.Integer(), nullable=True))


def downgrade() -> None:
    """To the version before."""
    with op.batch_alter_table("certificate") as batch:
        batch.drop_column("reminded_days")
    with op.batch_alter_table("person") as batch:
        batch.drop_column("notices_off_at")
    for table in ("former_file", "missing_timestamp", "mail"):
        op.drop_table(table)
