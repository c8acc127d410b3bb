"""The next step so that a reader gets a message exactly once: one rule for all callers.

The message goes by the reader's first channel. It passes to the next one on a failure that only a
person can mend, on one that lasts longer than `patience`, and if it is not delivered by then. If a
channel may have taken it, it stays there until the channel has said. It never goes back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from psycopg2.extensions import connection as Connection

from aha_pipeline.delivery import ledger, outgoing
from aha_pipeline.delivery.channel import TEMPLATE, TEXT, Channel, Kind, Reader, Route
from aha_pipeline.delivery.ledger import Delivery

PAUSE_SECONDS = 120  # a row that changed since may still be in the hands of another process
WroteAt = Callable[[Route], datetime | None]


@dataclass(frozen=True)
class Step:
    """The next attempt. `overdue`: deliveries by the route before, to be given up first.

    `is_due`: whether to make it now; otherwise only a run that a person starts makes it.
    """

    route: Route
    form: str
    is_due: bool
    overdue: tuple[tuple[Channel, Delivery], ...] = ()


@dataclass(frozen=True)
class Progress:
    """How far a message is on its way to a reader."""

    subject: str
    kind: Kind
    reader: Reader
    rows: Sequence[Delivery]
    step: Step | None

    @property
    def is_due(self) -> bool:
        """Whether a step is due now."""
        return self.step is not None and self.step.is_due

    @property
    def is_unreached(self) -> bool:
        """Whether it was tried and the reader has not got it."""
        return bool(self.rows) and not any(row.is_taken for row in self.rows)


def survey(
    connection: Connection, readers: Sequence[Reader], *, oldest_day: date, patience: timedelta
) -> list[Progress]:
    """Return how far each message of `oldest_day` or later is, in the order to send them."""
    replies = ledger.replies(connection)

    def wrote_at(route: Route) -> datetime | None:
        return replies.get((route.channel.name, route.address))

    subjects = outgoing.subjects(connection, oldest_day)
    known = ledger.find_all(connection, [one.subject for one in subjects])
    found = []
    for one in subjects:
        for reader in readers:
            rows = known.get((one.subject, reader.name), [])
            step = next_step(one.kind, reader, rows, wrote_at, patience)
            found.append(Progress(one.subject, one.kind, reader, rows, step))
    return found


def next_step(
    kind: Kind,
    reader: Reader,
    rows: Sequence[Delivery],
    wrote_at: WroteAt,
    patience: timedelta,
) -> Step | None:
    """Return the next step, or None if there is none.

    `rows` are the ledger's for this message and reader; `wrote_at` says when the reader last wrote.
    """
    names = [route.channel.name for route in reader.routes]
    if any(row.channel not in names and row.status != "failed" for row in rows):
        return None  # a channel that is no longer set has it
    begun = [index for index, name in enumerate(names) if any(r.channel == name for r in rows)]
    current, *others = reader.routes[max(begun, default=0) :]
    known = [row for row in rows if row.channel == current.channel.name]
    is_quiet = all(row.age_seconds >= _pause(row) for row in known)

    uncertain = next((row for row in known if row.is_uncertain), None)
    if uncertain:
        can_end = current.channel.can_look_up or uncertain.status == "claimed"
        return Step(current, uncertain.form, is_quiet and can_end)
    form = _form(kind, current, known, wrote_at)
    if others and _is_stuck(known, form, patience):
        overdue = tuple((current.channel, row) for row in known if row.is_under_way)
        return Step(others[0], _form(kind, others[0], [], wrote_at) or TEXT, True, overdue)
    return Step(current, form, is_quiet and _passes(known, form)) if form else None


def _form(kind: Kind, route: Route, known: Sequence[Delivery], wrote_at: WroteAt) -> str | None:
    """Return the form in which to send by this route; None if it has gone by it."""
    texts = [row for row in known if row.form == TEXT]
    if texts and sum(row.is_taken for row in texts) >= texts[0].parts:
        return None
    outside = [row for row in texts if row.status == "failed" and row.awaits_reply]
    has_template = route.channel.has_template(kind)
    is_announced = any(row.form == TEMPLATE and row.is_taken for row in known)
    if not outside and (texts or not (has_template or is_announced)):
        return TEXT
    if kind == "alert" and is_announced:
        return None  # the template says all there is to say
    wrote = wrote_at(route) if route.channel.window else None
    is_open = wrote and datetime.now(UTC) - wrote < (route.channel.window or timedelta())
    if wrote and is_open and all(wrote > row.created_at for row in outside):
        return TEXT
    return TEMPLATE if has_template and not is_announced else None


def _is_stuck(known: Sequence[Delivery], form: str | None, patience: timedelta) -> bool:
    """Return whether a route has failed, or has taken too long."""
    if any(row.status in ("delivered", "read") for row in known):
        return False
    longest = patience.total_seconds()
    if form is None and any(row.is_taken for row in known):
        # Since it last moved: an attempt that was made late has its own time to arrive.
        return any(row.is_under_way and row.age_seconds > longest for row in known)
    failed = [row for row in known if row.status == "failed"]
    if any(row.retry for row in failed):
        return any(row.begun_seconds > longest for row in known)
    return any(not row.awaits_reply for row in failed) or (bool(failed) and form is None)


def _passes(known: Sequence[Delivery], form: str) -> bool:
    """Return whether another attempt in this form may succeed without help."""
    rows = [row for row in known if row.form == form]
    is_queued = any(row.status == "accepted" for row in rows)
    has_failed = any(row.status == "failed" and not (row.retry or row.awaits_reply) for row in rows)
    return not is_queued and not has_failed


def _pause(row: Delivery) -> float:
    """Return the seconds for which to leave a row alone: longer after each failure."""
    tried_for = row.begun_seconds - row.age_seconds
    return max(PAUSE_SECONDS, tried_for / 2) if row.retry else PAUSE_SECONDS
