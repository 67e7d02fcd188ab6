"""How Alembic reaches the database: run by :func:`db.database.upgrade`, which hands over the engine."""

from typing import Any

from alembic import context
from sqlalchemy import Engine

from db.tables import Base


def run(engine: Engine) -> None:
    """Run the migrations, each in its own transaction.

    A batch alter on SQLite drops and recreates the table; with foreign keys on, the drop would delete the children.
    The pragma is ignored inside a transaction, so it is said on the raw connection, before SQLAlchemy begins one.
    """
    with engine.connect().execution_options(write=True) as connection:
        sqlite = connection.dialect.name == "sqlite"
        raw: Any = connection.connection.driver_connection
        if sqlite:
            raw.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=sqlite,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
            raise RuntimeError("a migration left rows without their parent; restore the backup and report this")
    engine.dispose()  # the connection without foreign keys is not to be used again


run(context.config.attributes["engine"])
