"""Times before reaction-time compensation; indexes that let an edit read what it touches only"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('annotation') as batch_op:
        batch_op.add_column(sa.Column('pressed', sa.JSON(), server_default='[]', nullable=False))
        batch_op.add_column(sa.Column('compensation', sa.BigInteger(), server_default='0', nullable=False))
        batch_op.drop_index(batch_op.f('ix_annotation_video_id_annotator_id'))
        batch_op.create_index(
            batch_op.f('ix_annotation_video_id_annotator_id_class_id_level'),
            ['video_id', 'annotator_id', 'class_id', 'level'],
        )
    with op.batch_alter_table('edit_event') as batch_op:
        batch_op.create_index(batch_op.f('ix_edit_event_video_id_sequence'), ['video_id', 'sequence'])
    with op.batch_alter_table('activity') as batch_op:
        batch_op.create_index(batch_op.f('ix_activity_video_id_annotator_id_id'), ['video_id', 'annotator_id', 'id'])


def downgrade() -> None:
    with op.batch_alter_table('activity') as batch_op:
        batch_op.drop_index(batch_op.f('ix_activity_video_id_annotator_id_id'))
    with op.batch_alter_table('edit_event') as batch_op:
        batch_op.drop_index(batch_op.f('ix_edit_event_video_id_sequence'))
    with op.batch_alter_table('annotation') as batch_op:
        batch_op.drop_index(batch_op.f('ix_annotation_video_id_annotator_id_class_id_level'))
        batch_op.create_index(batch_op.f('ix_annotation_video_id_annotator_id'), ['video_id', 'annotator_id'])
        batch_op.drop_column('compensation')
        batch_op.drop_column('pressed')
