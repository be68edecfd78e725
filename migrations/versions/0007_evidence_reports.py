"""Legal texts of organisations, and reports with names."""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('legal_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('de', sa.String(), nullable=False),
    sa.Column('en', sa.String(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_legal_version_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_legal_version_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_legal_version'))
    )
    with op.batch_alter_table('legal_version', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_legal_version_organisation_id'), ['organisation_id'], unique=False)

    op.create_table('named_report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('first', sa.Date(), nullable=False),
    sa.Column('last', sa.Date(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_named_report_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_named_report_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_named_report'))
    )
    with op.batch_alter_table('named_report', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_named_report_organisation_id'), ['organisation_id'], unique=False)


def downgrade() -> None:
    op.drop_table('named_report')
    op.drop_table('legal_version')
