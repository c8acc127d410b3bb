"""Figures of a past day stay as they were, unless a restatement says how they changed."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from aha_pipeline.sql import read, statement
from aha_pipeline.warehouse.mart_files import Mart, marts_by_relation

RECORDS, DEFINITION = "records changed", "definition changed"
HISTORY = "history learned from Zoho"


@contextmanager
def restatements_recorded(cursor: Cursor, mart: Mart, run_id: str | None) -> Iterator[None]:
    """Record what the block changes of past days in analytics.restatements.

    Of a mart with one row a day that exists; of any other, nothing. In the caller's transaction.
    run_id: of the Dagster run, None outside of one.
    """
    build = {"mart": mart.name, "fingerprint": _fingerprint(cursor, mart)}
    cursor.execute(statement("warehouse/restatements", "meanings"))
    [(build["meanings"],)] = cursor
    table = sql.Identifier(*mart.relation.split("."))
    cursor.execute("select to_regclass(%s)", [mart.relation])
    was_there = cursor.fetchone() != (None,)
    if was_there:
        cursor.execute(statement("warehouse/restatements", "is_same_definition"), build)
        reason = RECORDS if cursor.fetchone() == (True,) else DEFINITION
        cursor.execute("drop table if exists pg_temp.told")  # of an earlier range in this run
        cursor.execute(
            sql.SQL(statement("warehouse/restatements", "keep_told")).format(table=table), build
        )
    yield
    if was_there:
        noted = {"mart": mart.name, "reason": reason, "run_id": run_id}
        noted |= {"records": RECORDS, "history": HISTORY}
        cursor.execute(
            sql.SQL(statement("warehouse/restatements", "restate")).format(table=table), noted
        )
    cursor.execute(statement("warehouse/restatements", "save_definition"), build)


def is_told(mart: Mart) -> bool:
    """Return whether the mart has one row per day."""
    return mart.kind == "daily" and mart.key == ("day",)


def _fingerprint(cursor: Cursor, mart: Mart) -> str:
    """Return what a mart's figures depend on besides records and the meanings of their values.

    Upstream marts included.
    """
    marts = marts_by_relation()
    found = {mart.relation: mart}
    while missing := {
        source
        for other in found.values()
        for source in other.sources
        if source in marts and source not in found
    }:
        found |= {relation: marts[relation] for relation in missing}
    texts = "".join(found[relation].select for relation in sorted(found))
    cursor.execute(read("warehouse/fingerprint"), {"select": texts, "is_told": True})
    [(fingerprint,)] = cursor
    return str(fingerprint)
