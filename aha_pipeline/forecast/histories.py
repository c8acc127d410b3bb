"""The histories of all deals as arrays, and what of them was known at the end of a day.

Days are whole numbers from 1970-01-01, in the company's time zone.
"""

from dataclasses import dataclass, replace
from datetime import date
from io import StringIO
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from psycopg2.extensions import connection as Connection

from aha_pipeline import sql

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

OPEN, WON, LOST = 0, 1, 2
NEVER = 10_000_000  # a day after all others
EPOCH = date(1970, 1, 1)


def number_of(day: date) -> int:
    """Return a day as its number."""
    return (day - EPOCH).days


@dataclass(frozen=True)
class Contents:
    """One row per content of a deal, in the order in which they were said, deal by deal.

    known_from: the day from which it was known. is_by_day: it is what was seen first, so that
    nothing tells when it was written, and it counts as known since it holds. meaning: OPEN, WON or
    LOST. is_known: whether it was seen; a row that is only assumed says nothing but that the deal
    was open. closing and deleted: NEVER where there is none. amount, weighted: NaN where not known.
    stage, source and owner: places in the lists of `Histories`.
    """

    deal: Ints
    from_day: Ints
    said_day: Ints
    known_from: Ints
    is_by_day: Flags
    meaning: Ints
    is_known: Flags
    deleted: Ints
    created: Ints
    closing: Ints
    stage: Ints
    source: Ints
    owner: Ints
    amount: Floats
    weighted: Floats

    def of(self, rows: Flags | Ints) -> "Contents":
        """Return some of the rows."""
        return replace(self, **{name: values[rows] for name, values in vars(self).items()})


@dataclass(frozen=True)
class Histories:
    """All contents of all deals, and the names of stages, sources and owners."""

    contents: Contents
    stages: tuple[str, ...]
    sources: tuple[str, ...]
    owners: tuple[str, ...]


@dataclass(frozen=True)
class Known:
    """What was known at the end of a day: how each deal had ended, and all contents until then.

    Of the arrays of deals: outcome is OPEN, WON or LOST; closed the day, NEVER for an open one;
    rows: where its contents begin in `contents`, whose further arrays are stage_since, the day
    since when it was on its stage, and pushes, how often its closing date had been put off.
    watched_since: the first day on which a change was seen; what was said before is not known.
    """

    day: int
    created: Ints
    outcome: Ints
    closed: Ints
    deleted: Ints
    amount: Floats
    owner: Ints
    source: Ints
    contents: Contents
    stage_since: Ints
    pushes: Ints
    watched_since: int


def read_histories(connection: Connection) -> Histories:
    """Return the histories that `analytics.deal_history` holds."""
    text = StringIO()
    with connection.cursor() as cursor:
        query = sql.read("forecast/histories")
        cursor.copy_expert(f"copy ({query}) to stdout with (format csv, header)", text)
    text.seek(0)
    names = {"id": "str", "stage": "str", "source": "str", "owner_id": "str"}
    frame = pd.read_csv(text, dtype=names, keep_default_na=False, na_values={
        name: [""] for name in ("deleted_day", "closing_day", "amount", "weighted_amount")
    })  # fmt: skip
    return of_frame(frame)


def of_frame(frame: pd.DataFrame) -> Histories:
    """Return the histories of a table with the columns of `sql/forecast/histories.sql`."""
    deal, _ = pd.factorize(frame["id"])
    (stage, stages), (source, sources), (owner, owners) = (
        pd.factorize(frame[name], sort=True) for name in ("stage", "source", "owner_id")
    )
    is_first = np.r_[True, deal[1:] != deal[:-1]] if len(deal) else np.zeros(0, bool)
    is_assumed = _ints(frame["is_assumed"]) == 1
    # The first content that was seen comes after the assumed one.
    is_first_seen = is_first | np.r_[False, is_first[:-1] & is_assumed[:-1]][: len(deal)]
    from_day, said_day = _ints(frame["from_day"]), _ints(frame["said_day"])
    meaning = _ints(frame["meaning"])
    is_by_day = is_assumed | (is_first_seen & (meaning != OPEN))
    contents = Contents(
        deal=deal.astype(np.int64),
        from_day=from_day,
        said_day=said_day,
        known_from=np.where(is_by_day, from_day, said_day),
        is_by_day=is_by_day,
        meaning=meaning,
        is_known=~is_assumed,
        deleted=_ints(frame["deleted_day"]),
        created=_ints(frame["created_day"]),
        closing=_ints(frame["closing_day"]),
        stage=stage.astype(np.int64),
        source=source.astype(np.int64),
        owner=owner.astype(np.int64),
        amount=frame["amount"].to_numpy(np.float64),
        weighted=frame["weighted_amount"].to_numpy(np.float64),
    )
    return Histories(contents, *(tuple(map(str, names)) for names in (stages, sources, owners)))


def _ints(values: "pd.Series[Any]") -> Ints:
    return values.fillna(NEVER).to_numpy(np.int64)


def known_at(histories: Histories, day: int) -> Known:
    """Return what was known at the end of `day`, and nothing of what came to be known later.

    A deal that was closed then was so since its closing date as said then, but not later than the
    day on which it was first seen closed.
    """
    every = histories.contents
    rows = every.of(every.known_from <= day)
    first = np.flatnonzero(np.r_[True, rows.deal[1:] != rows.deal[:-1]]) if len(rows.deal) else (
        np.zeros(0, np.int64)
    )  # fmt: skip
    last = np.r_[first[1:], len(rows.deal)].astype(np.int64) - 1 if len(first) else first
    run = _begin(rows.deal, rows.meaning)
    begun = run[last]
    outcome = rows.meaning[last]
    by_words = np.maximum(np.minimum(rows.closing[last], rows.said_day[begun]), rows.created[last])
    closed = np.where(rows.is_by_day[begun], rows.from_day[begun], by_words)
    deleted = np.where(rows.deleted[last] <= day, rows.deleted[last], NEVER)
    later = np.diff(rows.closing, prepend=rows.closing[:1])
    is_further = np.diff(rows.deal, prepend=-1) == 0
    is_pushed = (later > 0) & (rows.closing < NEVER) & is_further
    counted = np.cumsum(is_pushed)
    was_seen = np.r_[False, rows.is_known[:-1]][: len(rows.deal)]
    changes = rows.said_day[is_further & was_seen]
    return Known(
        day=day,
        created=rows.created[last],
        outcome=outcome,
        closed=np.where(outcome == OPEN, NEVER, closed),
        deleted=deleted,
        amount=rows.amount[last],
        owner=rows.owner[last],
        source=rows.source[last],
        contents=replace(rows, deal=np.repeat(np.arange(len(first)), last - first + 1)),
        stage_since=rows.from_day[_begin(rows.deal, rows.stage)],
        pushes=counted - np.repeat(counted[first], last - first + 1),
        watched_since=int(changes.min()) if len(changes) else NEVER,
    )


def is_live(known: Known) -> Flags:
    """Return which deals had not been deleted."""
    return known.deleted > known.day


def was_won(known: Known, first: int, last: int) -> Flags:
    """Return which deals were won from `first` to `last`, both included."""
    is_then = (known.closed >= first) & (known.closed <= last)
    is_won: Flags = is_then & (known.outcome == WON) & is_live(known)
    return is_won


def first_day(known: Known) -> int:
    """Return the day of the first deal; NEVER where there is none."""
    return int(known.created.min()) if len(known.created) else NEVER


def _begin(deal: Ints, value: Ints) -> Ints:
    """Return for each row where the run of equal values of its deal begins."""
    if not len(deal):
        return deal
    is_new = np.r_[True, (deal[1:] != deal[:-1]) | (value[1:] != value[:-1])]
    return np.maximum.accumulate(np.where(is_new, np.arange(len(deal)), 0))
