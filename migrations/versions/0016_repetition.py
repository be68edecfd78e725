"""Cards: the questions that people repeat."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "repetition_card",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("added_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=True),
        sa.Column("stability", sa.Double(), nullable=True),
        sa.Column("difficulty", sa.Double(), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("answered_at", _MOMENT, nullable=True),
        sa.Column("rests_at", _MOMENT, nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_repetition_card_person_id")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_repetition_card_course_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_repetition_card_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repetition_card")),
        sa.UniqueConstraint("person_id", "course_id", "item", name=op.f("uq_repetition_card_person_id_course_id_item")),
    )
    with op.batch_alter_table("repetition_card") as batch:
        batch.create_index(batch.f("ix_repetition_card_person_id_due_at"), ["person_id", "due_at"])
        batch.create_index(batch.f("ix_repetition_card_organisation_id"), ["organisation_id"])


def downgrade() -> None:
    """To the version before."""
    op.drop_table("repetition_card")
