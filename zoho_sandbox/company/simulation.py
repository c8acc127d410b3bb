"""Gharaana Smart Homes, an invented company whose CRM lives on minute by minute.

Its state at any instant is a pure function of the seed and the instant: the events of every day
since the epoch, each day's drawn from random numbers of its own, applied in order of time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache
from random import Random

from zoho_sandbox.clock import ZONE
from zoho_sandbox.company.activities import activities
from zoho_sandbox.company.customer_lifecycle import CustomerLifecycle, reps_on
from zoho_sandbox.company.event_recorder import Event, EventRecorder
from zoho_sandbox.company.hours import (
    CLOSES,
    OPENS,
    arrival,
    clock,
    date_of,
    day_of,
    demand,
    first_second,
    holidays,
    is_working,
)
from zoho_sandbox.company.person import Person, invent, next_project
from zoho_sandbox.company.profile import EPOCH, EXHIBITION, SOURCES, USER, USERS, User
from zoho_sandbox.company.random_choices import pick, weighted, whole
from zoho_sandbox.zoho.modules import ACTIVITIES, EMAILS, blank, standard_modules
from zoho_sandbox.zoho.organisation import Organisation, Profile, user_metadata
from zoho_sandbox.zoho.store import Store

NAME = "Gharaana Smart Homes"
SEED = "gharaana"
FIRST_DAY = day_of(first_second(EPOCH))
LEADS_A_DAY, GROWTH_A_DAY, GROWING_DAYS = 17.5, 0.012, 1500
RECORDS = ("Leads", "Contacts", "Accounts", "Deals")
BLANKS = {module: blank(module) for module in (*RECORDS, *ACTIVITIES)}
EXHIBITION_MONTHS, EXHIBITION_DAYS = frozenset({1, 2, 4, 6, 9, 11}), range(12, 15)
PARTNER = next(source for source in SOURCES if source.name == "Channel Partner")
PARTNERS, PARTNER_DEALS_A_DAY = 45, 0.3
# The lives of a day are numbered: its leads from 0, then imported customers and their deals.
IMPORTED, FURTHER = 500, 900

_source = weighted(SOURCES, [source.weight for source in SOURCES])


class Calendar:
    """The events of the company, handed out once each, in order of time.

    `of` returns the events that are wanted of those of one customer: by default these themselves.
    """

    def __init__(
        self, seed: str, of: Callable[[list[Event]], Iterable[Event]] = lambda life: life
    ) -> None:
        self._seed, self._of = seed, of
        self._next_day = FIRST_DAY
        self._partners = [self._partner(number) for number in range(PARTNERS)]
        self._waiting = [event for _, _, life in self._partners for event in of(life)]

    def until(self, instant: float) -> list[Event]:
        """Return the events up to an instant (UTC seconds) that were not handed out before."""
        if day_of(instant) >= self._next_day:
            for day in range(self._next_day, day_of(instant) + 1):
                self._waiting.extend(self._leads(day))
                self._waiting.extend(self._further_deals(day))
            self._waiting.sort()
            self._next_day = day_of(instant) + 1
        if not self._waiting or self._waiting[0].at > instant:
            return []
        cut = bisect_right(self._waiting, instant, key=lambda event: event.at)
        due, self._waiting = self._waiting[:cut], self._waiting[cut:]
        return due

    def _leads(self, day: int) -> Iterator[Event]:
        rng = Random(f"{self._seed}/{day}")
        grown = LEADS_A_DAY + GROWTH_A_DAY * min(day - FIRST_DAY, GROWING_DAYS)
        expected = grown * demand(day)
        count = max(3, round(rng.gauss(expected, expected**0.5)))
        sources = [_source(rng) for _ in range(count)]
        today = date_of(day)
        if today.month in EXHIBITION_MONTHS and today.day in EXHIBITION_DAYS:
            sources += [EXHIBITION] * whole(rng, 4, 9)
        for number, source in enumerate(sources):
            at = arrival(rng, day, source.at_counter)
            person = invent(rng, source)
            recorder = EventRecorder(rng, at, day * 1000 + number, _reps(day)(rng))
            yield from self._of(CustomerLifecycle(recorder, person, source).lead())

    def _further_deals(self, day: int) -> Iterator[Event]:
        rng = Random(f"{self._seed}/further/{day}")
        if day <= FIRST_DAY or not is_working(day) or rng.random() > PARTNER_DEALS_A_DAY:
            return
        person, rep, events = pick(rng, self._partners)
        if rep.left and date_of(day) > rep.left:
            rep = USER[rep.successor]
        at = arrival(rng, day, at_counter=True)
        account = {"name": events[0].changes["Account_Name"], "id": events[0].id}
        contact = {"name": events[1].changes["Full_Name"], "id": events[1].id}
        recorder = EventRecorder(rng, at, day * 1000 + FURTHER, rep)
        life = CustomerLifecycle(recorder, next_project(rng, person), PARTNER)
        yield from self._of(life.further_deal(account, contact))

    def _partner(self, number: int) -> tuple[Person, User, list[Event]]:
        """Return a customer of old, whose account and contact one import brought in."""
        rng = Random(f"{self._seed}/partner/{number}")
        person, rep = invent(rng, PARTNER), _reps(FIRST_DAY)(rng)
        at = first_second(EPOCH) + OPENS
        recorder = EventRecorder(rng, at, FIRST_DAY * 1000 + IMPORTED + number, rep)
        return person, rep, CustomerLifecycle(recorder, person, PARTNER).imported()


def build(store: Store, seed: str = SEED) -> Organisation:
    """Return the company as it stands at the store's present time.

    Building replays its whole history: about a second for 500 days, and another one when the first
    activities are asked for.
    """
    calendars = [Calendar(seed)]

    def advance(now: datetime) -> None:
        with store.lock:
            for calendar in calendars:
                for event in calendar.until(now.timestamp()):
                    apply(store, event)

    def open_module(module: str) -> None:
        with store.lock:
            if module in (*ACTIVITIES, EMAILS) and len(calendars) == 1:
                calendars.append(Calendar(seed, of=activities))
                advance(store.now())

    advance(store.now())
    return Organisation(
        NAME,
        store,
        standard_modules(),
        lambda: users(store.now()),
        advance,
        Profile(opens=clock(OPENS), closes=clock(CLOSES), holidays=holidays),
        open_module,
    )


def users(now: datetime) -> list[dict]:
    """Return the users at a time: nobody who has yet to join, and who left is disabled."""
    today = now.astimezone(ZONE).date()
    return [
        user_metadata(user.reference, user.role, active=user.left is None or today <= user.left)
        for user in USERS
        if user.joined <= today
    ]


def apply(store: Store, event: Event) -> None:
    """Do to the store what an event says, unless its record was deleted by another hand."""
    at, by = event.at, event.by
    if _is_gone(store, event):
        return
    match event.action:
        case "create":
            store.create(event.module, BLANKS[event.module] | event.changes, at)
        case "edit":
            store.edit(event.module, event.id, event.changes, at, by)
        case "convert":
            store.convert(event.id, event.changes, at, by)
        case "delete":
            store.delete(event.module, event.id, at, by)
        case "restore":
            store.restore(event.module, event.id)
        case "email":
            store.emails.add(event.module, event.id, at, **event.changes)
        case unknown:
            raise ValueError(f"unknown event {unknown}")


def _is_gone(store: Store, event: Event) -> bool:
    match event.action:
        case "edit" | "convert" | "delete" | "email":
            return not store.holds(event.module, event.id)
        case "restore":
            return not store.is_in_bin(event.module, event.id)
    return False


@cache
def _reps(day: int) -> Callable[[Random], User]:
    reps = reps_on(day)
    return weighted(reps, [rep.load for rep in reps])
