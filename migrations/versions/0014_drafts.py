"""The studio: drafts of courses with all revisions of their files."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """To this version."""
    _table(
        "studio_draft", sa.Column("slug", sa.String(), nullable=False), _other("base_id", nullable=True), sa.Column("created_at", _MOMENT, nullable=False),
        refers={"base_id": "edition"}, once=["organisation_id", "slug"], indexed=["base_id"],
    )
    _table(
        "studio_content", _other("draft_id"), sa.Column("digest", sa.String(), nullable=False), sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False), refers={"draft_id": "studio_draft"}, once=["draft_id", "digest"], indexed=["draft_id"],
    )
    _table(
        "studio_file", _other("draft_id"), sa.Column("path", sa.String(), nullable=False), sa.Column("revision", sa.Integer(), nullable=False),
        _other("content_id", nullable=True), refers={"draft_id": "studio_draft", "content_id": "studio_content"}, once=["draft_id", "path"], indexed=["draft_id"],
    )
    _table(
        "studio_revision", _other("file_id"), sa.Column("number", sa.Integer(), nullable=False), _other("content_id", nullable=True),
        _other("person_id", nullable=True), sa.Column("at", _MOMENT, nullable=False), sa.Column("note", sa.String(), nullable=False),
        refers={"file_id": "studio_file", "content_id": "studio_content", "person_id": "person"}, once=["file_id", "number"], indexed=["file_id"],
    )
    _table(
        "studio_release", _other("draft_id"), _other("edition_id"), _other("person_id"), sa.Column("at", _MOMENT, nullable=False),
        sa.Column("note", sa.String(), nullable=False), refers={"draft_id": "studio_draft", "edition_id": "edition", "person_id": "person"},
        once=["edition_id"], indexed=["draft_id"],
    )
    _table(
        "studio_presence", _other("draft_id"), _other("person_id"), sa.Column("path", sa.String(), nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False), refers={"draft_id": "studio_draft", "person_id": "person"}, once=["draft_id", "person_id"], indexed=["draft_id"],
    )


def downgrade() -> None:
    """To the version before."""
    for name in ("studio_presence", "studio_release", "studio_revision", "studio_file", "studio_content", "studio_draft"):
        op.drop_table(name)


def _other(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _table(name: str, *columns: sa.Column, refers: dict[str, str], once: list[str], indexed: list[str]) -> None:
    op.create_table(
        name, sa.Column("id", sa.Integer(), nullable=False), *columns, _other("organisation_id"),
        *[sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{name}_{column}")) for column, other in {**refers, "organisation_id": "organisation"}.items()],
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint(*once, name=op.f(f"uq_{name}_{'_'.join(once)}")),
    )
    with op.batch_alter_table(name) as batch:
        for column in [*indexed, "organisation_id"]:
            batch.create_index(batch.f(f"ix_{name}_{column}"), [column])
