"""More kinds of questions: marks that people give, and surveys that know no person."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "marking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("marker_id", sa.Integer(), nullable=False),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_marking_attempt_id")),
        sa.ForeignKeyConstraint(["marker_id"], ["person.id"], name=op.f("fk_marking_marker_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_marking_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marking")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_marking_attempt_id")),
    )
    with op.batch_alter_table("marking") as batch:
        batch.create_index(batch.f("ix_marking_organisation_id"), ["organisation_id"])
    op.create_table(
        "survey_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("module", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_survey_count_run_id")),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_survey_count_edition_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_survey_count_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_count")),
        sa.UniqueConstraint("run_id", "edition_id", "module", "item", "place", name=op.f("uq_survey_count_run_id_edition_id_module_item_place")),
    )
    with op.batch_alter_table("survey_count") as batch:
        batch.create_index(batch.f("ix_survey_count_organisation_id"), ["organisation_id"])
    op.create_table(
        "survey_text",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("module", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_survey_text_run_id")),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_survey_text_edition_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_survey_text_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_text")),
    )
    with op.batch_alter_table("survey_text") as batch:
        batch.create_index(batch.f("ix_survey_text_organisation_id"), ["organisation_id"])
        batch.create_index(batch.f("ix_survey_text_run_id_module_item"), ["run_id", "module", "item"])
    with op.batch_alter_table("grade") as batch:
        batch.add_column(sa.Column("marker_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(batch.f("fk_grade_marker_id"), "person", ["marker_id"], ["id"])


def downgrade() -> None:
    """To the version before."""
    with op.batch_alter_table("grade") as batch:
        batch.drop_constraint(batch.f("fk_grade_marker_id"), type_="foreignkey")
        batch.drop_column("marker_id")
    op.drop_table("survey_text")
    op.drop_table("survey_count")
    op.drop_table("marking")
