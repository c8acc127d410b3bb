"""Companies of different habits whose deals are drawn at random, as histories of contents.

Nothing here is taken from the forecast: a deal walks from stage to stage, day by day, is lost at
any time, and is won from the last stage, more often in the last five days of a month.
"""

from datetime import date, timedelta
from math import pi, sin

import numpy as np
import pandas as pd

HABITS = ("steady", "seasonal", "whale", "reps", "drifting")
EPOCH = date(1970, 1, 1)
STAGES = (("Qualification", 10), ("Proposal", 40), ("Negotiation", 75))
WON, LOST = 8, 9
COLUMNS = [
    "id",
    "from_day",
    "said_day",
    "meaning",
    "is_assumed",
    "deleted_day",
    "created_day",
    "closing_day",
    "stage",
    "source",
    "owner_id",
    "amount",
    "weighted_amount",
]
REPS = tuple(f"Rep {number}" for number in range(8))
LONGEST = 400  # days


def selling_company(
    habit: str, seed: int = 1, days: int = 1100, a_day: float = 3.0, start: date = date(2023, 1, 1)
) -> pd.DataFrame:
    """Return the contents of all deals, with the columns of `sql/forecast/histories.sql`.

    habit: one of HABITS: steady; seasonal, with twice as many new deals in summer; whale, where one
    deal in 250 is sixty times as large; reps, who join and leave; drifting, where stages go by
    faster and fewer deals are won from year to year.
    """
    rng = np.random.default_rng([seed, HABITS.index(habit)])
    skill = dict(zip(REPS, rng.normal(0, 0.4, len(REPS)), strict=True))
    first = (start - EPOCH).days
    rows: list[tuple] = []
    number = 0
    for day in range(days):
        rate = a_day * (1 + 0.6 * sin(2 * pi * day / 365) if habit == "seasonal" else 1)
        for _ in range(rng.poisson(rate)):
            number += 1
            rep = _rep(rng, habit, day)
            progress = day / days if habit == "drifting" else 0.0
            contents = _deal(rng, first, day, skill[rep], progress)
            amount = float(np.round(np.exp(rng.normal(11, 0.8))))
            if habit == "whale" and rng.random() < 0.004:
                amount *= 60
            source = f"Source {rng.integers(5)}"
            rows += [
                _row(number, first, day, content, amount, source, rep)
                for content in contents
                if content[0] < days
            ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _rep(rng: np.random.Generator, habit: str, day: int) -> str:
    present = [
        rep
        for place, rep in enumerate(REPS)
        if habit != "reps" or place * 130 - 200 <= day < place * 130 + 420
    ]
    return str(rng.choice(present or list(REPS[-2:])))


def _deal(
    rng: np.random.Generator, first: int, day: int, skill: float, progress: float
) -> list[tuple[int, int, int]]:
    """Return the contents of a deal: day, stage and closing date, one a day at most."""
    lost, on = 1 / 90, (1 + 1.5 * progress) / 14
    won = np.exp(skill) * (1 - 0.4 * progress) / 18
    stage, closing, at = 0, day + int(rng.integers(20, 70)), day
    contents = {day: (day, stage, closing)}
    while stage < WON and at < day + LONGEST:
        at += 1
        today = EPOCH + timedelta(days=first + at)
        is_end = (today + timedelta(days=5)).month != today.month
        drawn = rng.random()
        before = stage, closing
        if drawn < lost:
            stage, closing = LOST, at
        elif stage < 2 and drawn < lost + on:
            stage += 1
        elif stage == 2 and drawn < lost + won * (2.2 if is_end else 0.85):
            stage, closing = WON, at
        elif at > closing:
            closing = at + int(rng.integers(10, 40))
        if (stage, closing) != before:
            contents[at] = at, stage, closing
    return list(contents.values())


def _row(
    number: int, first: int, day: int, content: tuple[int, int, int], amount: float,
    source: str, rep: str,
) -> tuple:  # fmt: skip
    at, stage, closing = content
    name, chance = {WON: ("Won", 100), LOST: ("Lost", 0)}.get(stage) or STAGES[stage]
    meaning = {WON: 1, LOST: 2}.get(stage, 0)
    weighted = amount * chance / 100
    return (
        f"{number:07}", first + at, first + at, meaning, 0, None, first + day, first + closing,
        name, source, rep, amount, weighted,
    )  # fmt: skip
