"""Compare the incremental marts with what a build from nothing makes, and heal those that differ.

They take in changes alone, so a row that became wrong would stay wrong: by hand, or because a
record was edited here without the time of its landing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg2 import sql
from psycopg2.errors import SerializationFailure
from psycopg2.extensions import connection as Connection

from aha_pipeline.sql import statement
from aha_pipeline.warehouse import mart_builds, mart_deltas
from aha_pipeline.warehouse.mart_files import SCHEMA, Mart
from aha_pipeline.warehouse.marts import built_marts, prepare, refresh

TRIES = 3  # a sync that refreshes a mart meanwhile does so once


@dataclass(frozen=True)
class Comparison:
    """How many rows a mart had that a build from nothing does not make, and the other way round."""

    mart: Mart
    wrong: int
    missing: int

    @property
    def is_equal(self) -> bool:
        """Whether there was nothing to heal."""
        return not (self.wrong or self.missing)

    @property
    def sentence(self) -> str:
        """What was found and done."""
        if self.is_equal:
            return "It is what a build from the records makes."
        return (
            f"It held {self.wrong:,} rows that a build from the records does not make, and lacked "
            f"{self.missing:,}: it was built anew. Look who wrote to its tables by hand; "
            "`aha sync` brings what reads it up to date."
        )


def compare_all(connection: Connection) -> Iterator[Comparison]:
    """Yield the comparison of each incremental mart, healed where it differed; commits after each.

    A mart is brought up to date first, and all is compared as of one moment. Raises as
    `marts.refresh` does, and psycopg2.errors.SerializationFailure when one that it reads is
    refreshed meanwhile again and again.
    """
    for mart in built_marts(connection):
        if mart.kind == "incremental":
            connection.commit()
            yield _compare_again(connection, mart)
            connection.commit()


def _compare_again(connection: Connection, mart: Mart) -> Comparison:
    for _ in range(TRIES - 1):
        try:
            return _compare(connection, mart)
        except SerializationFailure:
            connection.rollback()
    return _compare(connection, mart)


def _compare(connection: Connection, mart: Mart) -> Comparison:
    with connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read")
        prepare(cursor)
        if not mart_builds.look_at(cursor, mart, None).is_tampered:
            refresh(connection, mart)
        cursor.execute("drop table if exists pg_temp.shadow")
        cursor.execute(
            sql.SQL("create temporary table shadow on commit drop as ")
            + sql.SQL(mart_deltas.whole(cursor, mart)),
        )
        differences = sql.SQL(statement("warehouse/mart_deltas", "differences"))
        cursor.execute(differences.format(table=sql.Identifier(SCHEMA, mart.name)))
        [(wrong, missing)] = cursor
        comparison = Comparison(mart, wrong, missing)
        if not comparison.is_equal:
            mart_builds.forget(cursor, [mart])
            refresh(connection, mart)
    return comparison
