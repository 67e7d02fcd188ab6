"""An index from which a library's complete videos are counted"""

from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('video') as batch_op:
        batch_op.create_index(batch_op.f('ix_video_project_id_complete_version'), ['project_id', 'complete_version'])


def downgrade() -> None:
    with op.batch_alter_table('video') as batch_op:
        batch_op.drop_index(batch_op.f('ix_video_project_id_complete_version'))
