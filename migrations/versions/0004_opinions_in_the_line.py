"""Opinions in the line."""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    state = sa.Enum('waiting', 'due', 'running', 'done', 'failed', name='workstate', native_enum=False, length=20)
    with op.batch_alter_table('judgement', schema=None) as batch_op:
        # What is there was said: opinions used to be written down when they had come.
        batch_op.add_column(sa.Column('state', state, nullable=False, server_default='done'))
        batch_op.add_column(sa.Column('due_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('lease', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('tries', sa.Integer(), nullable=False, server_default='1'))
        batch_op.add_column(sa.Column('error', sa.String(), nullable=True))
    op.execute('update judgement set due_at = at')
    with op.batch_alter_table('judgement', schema=None) as batch_op:
        batch_op.alter_column('state', existing_type=state, server_default=None)
        batch_op.alter_column('tries', existing_type=sa.Integer(), server_default=None)
        batch_op.alter_column('due_at', existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.create_index(batch_op.f('ix_judgement_state_due_at'), ['state', 'due_at'], unique=False)


def downgrade() -> None:
    op.execute("delete from judgement where state <> 'done'")
    with op.batch_alter_table('judgement', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_judgement_state_due_at'))
        for column in ('error', 'tries', 'lease_until', 'lease', 'due_at', 'state'):
            batch_op.drop_column(column)
