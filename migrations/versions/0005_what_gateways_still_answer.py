"""What gateways still answer."""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('gateway', schema=None) as batch_op:
        batch_op.add_column(sa.Column('limits', sa.JSON(), nullable=False, server_default='{}'))
        batch_op.add_column(sa.Column('limits_at', sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table('gateway', schema=None) as batch_op:
        batch_op.alter_column('limits', existing_type=sa.JSON(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('gateway', schema=None) as batch_op:
        batch_op.drop_column('limits_at')
        batch_op.drop_column('limits')
