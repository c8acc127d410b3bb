"""Databases of a server: made, named and dropped."""

from aha_pipeline.warehouse.connection import connect


def administer(address: str, statement: str) -> None:
    """Run one statement outside any transaction, as `create database` needs it."""
    with connect(address, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(statement)


def address_of(server: str, database: str) -> str:
    """Return the address of a database of the server."""
    base, _, query = server.partition("?")
    return f"{base.rpartition('/')[0]}/{database}" + (f"?{query}" if query else "")
