"""Migrations end where the tables are, and never cost a row."""

import shutil

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from db import database
from db.tables import Base
from db.unit_of_work import UnitOfWork

REBUILD_PARENT = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", "{head}", None, None

def upgrade():
    with op.batch_alter_table("project") as batch:
        batch.add_column(sa.Column("colour", sa.String(7), nullable=True))
        batch.drop_constraint("uq_project_name", type_="unique")
{more}
"""


@pytest.fixture
def engine(tmp_path):
    engine = database.make_engine(f"sqlite:///{tmp_path / 'wtal.db'}")
    yield engine
    engine.dispose()


def fill(engine):
    """A project with a child row in each table that hangs on it directly or through a video."""
    with UnitOfWork(engine, write=True) as unit:
        project = unit.projects.add("p", "full", 0.0)
        unit.projects.add_class(project.id, "run", 1, colour="#e69f00")
        video = unit.videos.add(project.id, "a", 0.0)
        unit.videos.add_problem(project.id, "b", "broken", 0.0)
        run = unit.runs.add(project.id, "mixed", 0.0)
        unit.runs.put_prediction(run.id, video.id, path="x", n_snippets=1, proposals=[], at=0.0)
        unit.jobs.add("train", "short", {}, at=0.0, project_id=project.id)


def row_counts(engine):
    with engine.connect() as connection:
        tables = [table for table in inspect(connection).get_table_names() if table != "alembic_version"]
        return {table: connection.exec_driver_sql(f'select count(*) from "{table}"').scalar() for table in tables}


def with_migration(folder, monkeypatch, more=""):
    """The project's migrations and one more that rebuilds the table most others hang on."""
    copied = folder / "migrations"
    shutil.copytree(database.MIGRATIONS, copied, ignore=shutil.ignore_patterns("__pycache__"))
    head = max(path.stem.split("_")[0] for path in (copied / "versions").glob("*.py"))
    (copied / "versions" / "9999_more.py").write_text(REBUILD_PARENT.format(head=head, more=more))
    monkeypatch.setattr(database, "MIGRATIONS", copied)


def test_the_migrations_make_exactly_the_tables_of_the_models(engine):
    database.upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_from_the_first_version_keeps_every_row(engine):
    database.upgrade(engine, "0001")
    fill(engine)
    before = row_counts(engine)
    database.upgrade(engine)
    assert row_counts(engine) == before
    assert sum(before.values()) == 7


def test_rebuilding_a_parent_table_keeps_its_children(engine, tmp_path, monkeypatch):
    """A batch alter drops the old table; with foreign keys on, that would delete every child row in silence."""
    database.upgrade(engine)
    fill(engine)
    before = row_counts(engine)
    with_migration(tmp_path, monkeypatch)
    database.upgrade(engine)
    assert row_counts(engine) == before
    assert "colour" in {column["name"] for column in inspect(engine).get_columns("project")}


def test_a_migration_that_fails_leaves_everything_as_it_was(engine, tmp_path, monkeypatch):
    database.upgrade(engine)
    fill(engine)
    before = row_counts(engine)
    with_migration(tmp_path, monkeypatch, more="    raise RuntimeError('half way')")
    with pytest.raises(RuntimeError, match="half way"):
        database.upgrade(engine)
    assert row_counts(engine) == before
    assert "colour" not in {column["name"] for column in inspect(engine).get_columns("project")}


def test_a_migration_that_orphans_rows_is_an_error(engine, tmp_path, monkeypatch):
    database.upgrade(engine)
    fill(engine)
    with_migration(tmp_path, monkeypatch, more="    op.execute('delete from project')")
    with pytest.raises(RuntimeError, match="parent"):
        database.upgrade(engine)


def test_every_constraint_has_a_name_so_that_a_migration_can_drop_it():
    unnamed = [
        (table.name, constraint)
        for table in Base.metadata.tables.values()
        for constraint in [*table.constraints, *table.indexes]
        if not constraint.name
    ]
    assert unnamed == []
