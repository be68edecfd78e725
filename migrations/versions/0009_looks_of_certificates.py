"""Looks of certificates: design or own template, languages, named pictures; what a certificate was printed with is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version. What exists keeps the design that there was."""
    op.create_table(
        "certificate_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("design", sa.String(), nullable=True),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("style", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_certificate_template_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_template")),
        sa.UniqueConstraint("organisation_id", "sha256", name=op.f("uq_certificate_template_organisation_id_sha256")),
    )
    with op.batch_alter_table("certificate_template") as batch:
        batch.create_index(batch.f("ix_certificate_template_organisation_id"), ["organisation_id"])
    with op.batch_alter_table("letterhead") as batch:
        batch.add_column(sa.Column("design", sa.String(), nullable=True))
        batch.add_column(sa.Column("template_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("languages", sa.String(length=20), nullable=False, server_default="learner"))
        batch.add_column(sa.Column("pictures", sa.JSON(), nullable=False, server_default="{}"))
        batch.create_foreign_key(batch.f("fk_letterhead_template_id"), "certificate_template", ["template_id"], ["id"])
    op.execute("UPDATE letterhead SET design = 'classic'")
    with op.batch_alter_table("certificate") as batch:
        batch.add_column(sa.Column("template_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("bilingual", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.create_foreign_key(batch.f("fk_certificate_template_id"), "certificate_template", ["template_id"], ["id"])
    with op.batch_alter_table("letterhead") as batch:
        batch.alter_column("languages", server_default=None)
        batch.alter_column("pictures", server_default=None)
    with op.batch_alter_table("certificate") as batch:
        batch.alter_column("bilingual", server_default=None)


def downgrade() -> None:
    """To the version before."""
    with op.batch_alter_table("certificate") as batch:
        batch.drop_constraint(batch.f("fk_certificate_template_id"), type_="foreignkey")
        batch.drop_column("bilingual")
        batch.drop_column("template_id")
    with op.batch_alter_table("letterhead") as batch:
        batch.drop_constraint(batch.f("fk_letterhead_template_id"), type_="foreignkey")
        for name in ("pictures", "languages", "template_id", "design"):
            batch.drop_column(name)
    op.drop_table("certificate_template")
