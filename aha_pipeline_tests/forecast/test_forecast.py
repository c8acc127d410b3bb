"""The forecast: nothing of the future, the same twice, silent where little is known, its worth."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from aha_pipeline.forecast.histories import WON, known_at, number_of, of_frame, read_histories
from aha_pipeline.forecast.periods import Period, periods_of
from aha_pipeline.forecast.predict import FUTURES, _add_new, forecast, learn_before
from aha_pipeline_tests.kit.selling_companies import COLUMNS, selling_company
from aha_pipeline_tests.warehouse.marts_company import build, company, deal, ist, put_history
from benchmarks.forecasts import back_test

DAY = date(2025, 9, 17)


@pytest.fixture(scope="module")
def frame():
    """A company of three years, of which a third is entered some days late."""
    found = selling_company("reps", 3, a_day=1.5)
    rng = np.random.default_rng(3)
    late = rng.integers(0, 12, len(found)) * (rng.random(len(found)) < 0.3)
    is_first = ~found["id"].duplicated()
    found["said_day"] += np.where(is_first | (found["meaning"] == 0), 0, late)
    return found


def of_day(frame: pd.DataFrame, day: date = DAY) -> list:
    histories = of_frame(frame)
    return forecast(histories, day, learn_before(histories, day, 4), 4)


def test_nothing_that_was_said_later_makes_a_difference(frame):
    said = frame["said_day"] <= number_of(DAY)
    known, rng = frame[said], np.random.default_rng(0)
    future = frame[~said].copy()
    # The future turned upside down: what was won is lost, owners and amounts are others.
    future["meaning"] = future["meaning"].map({0: 0, 1: 2, 2: 1})
    future["amount"] = rng.permutation(future["amount"].to_numpy()) * 1000
    future["owner_id"] = "Rep 0"
    future["deleted_day"] = future["said_day"]
    turned = pd.concat([known, future]).sort_index()
    now = of_day(known)
    assert any(course.owner for course in now)
    assert all(course.value is not None for course in now)
    assert of_day(turned) == now
    assert of_day(frame) == now
    assert of_day(frame, DAY + timedelta(days=9)) != now


def test_the_intervals_hold_what_is_won_already_and_lie_in_order(frame):
    for course in of_day(frame):
        assert list(course.value) == sorted(course.value)
        assert course.value[0] >= course.won_value
        assert course.deals[0] >= course.won_deals


def test_on_the_last_day_of_a_period_there_is_nothing_left_to_guess(frame):
    whole = [
        c for c in of_day(frame, date(2025, 9, 30)) if c.period.last == number_of(date(2025, 9, 30))
    ]
    assert {course.period.name for course in whole} == {"month", "quarter"}
    for course in whole:
        assert set(course.value) == {course.won_value}
        assert set(course.deals) == {course.won_deals}


def test_ten_deals_get_a_sentence_and_no_forecast(frame):
    ten = frame[frame["id"].isin(frame["id"].unique()[:10])]
    found = of_day(ten, date(2024, 3, 20))
    assert [(course.owner, course.value, course.deals) for course in found] == [(None,) * 3] * 2
    for course in found:
        assert course.silent.startswith("No forecast yet: it takes 50 closed deals, 12 of them won")


@pytest.mark.parametrize("share", [0.2, 0.45, 0.6])
def test_where_most_deals_are_won_without_an_amount_only_their_number_is_forecast(frame, share):
    """Zero or nothing: nobody entered it."""
    ids = frame["id"].unique()
    rng = np.random.default_rng(1)
    empty = pd.Series(rng.choice([0.0, np.nan], len(ids)), index=ids)[rng.random(len(ids)) > share]
    changed = frame.copy()
    is_empty = changed["id"].isin(empty.index)
    changed.loc[is_empty, "amount"] = changed.loc[is_empty, "id"].map(empty)
    found = of_day(changed)
    assert all(course.deals for course in found)
    for course in found:
        if share > 0.5:
            assert (course.silent, course.value is None) == (None, False)
        else:
            assert (course.silent[:21], course.value) == ("No forecast of value:", None)


def test_a_company_without_a_deal_gets_a_sentence(frame):
    found = of_day(frame[:0])
    assert [course.silent[:15] for course in found] == ["No forecast yet"] * 2
    assert [(course.won_value, course.won_deals) for course in found] == [(0, 0)] * 2


@pytest.mark.parametrize("first_month", range(1, 13))
def test_periods_of_any_fiscal_year(first_month):
    for number in range(0, 730, 17):
        day = date(2024, 1, 1) + timedelta(days=number)
        month, quarter = periods_of(day, first_month)
        begins = pd.Timestamp(quarter.first, unit="D")
        assert (begins.month - first_month) % 3 == 0
        assert begins + pd.DateOffset(months=3) == pd.Timestamp(quarter.last + 1, unit="D")
        assert quarter.first <= month.first <= number_of(day) <= month.last <= quarter.last


def test_a_bounded_back_test_beats_both_rivals_and_keeps_its_intervals():
    tested = back_test(
        selling_company("steady", 11, days=900), date(2024, 12, 1), date(2025, 6, 18), "", (6, 19)
    )
    of_company = tested[(tested["whom"] == "company") & (tested["period"] == "month")]
    assert len(of_company) == 12
    assert 0.55 <= of_company["inside 80"].mean() <= 1.0
    assert of_company["inside 50"].mean() < 0.85
    assert of_company["loss"].sum() < of_company["weighted"].sum()
    assert of_company["loss"].sum() < of_company["paced"].sum()


def test_new_deals_are_as_uncertain_as_they_turn_out():
    """Of companies in which nothing but chance is at work, over two months, which overlap."""
    rng, day = np.random.default_rng(8), number_of(DAY)
    ahead = Period("quarter", day + 1, day + 57)
    errors, spreads = [], []
    for _ in range(120):
        created = np.repeat(np.arange(day - 600, day + 58), rng.poisson(0.7, 658))
        known = known_at(of_frame(won_on_the_day(created)), day)
        value, deals = np.zeros((1, FUTURES)), np.zeros((1, FUTURES))
        _add_new(value, deals, known, ahead, [], rng)
        assert (value == 3 * deals).all()
        errors.append((created > day).sum() - deals.mean())
        spreads.append(deals.var())
    assert 0.85 < np.mean(np.square(errors)) / np.mean(spreads) < 1.15


def won_on_the_day(created: np.ndarray) -> pd.DataFrame:
    """Return deals that were won on the days on which they were created, each of three."""
    fields = dict.fromkeys(COLUMNS, created) | {
        "id": np.arange(len(created)).astype(str), "meaning": WON, "is_assumed": 0,
        "deleted_day": None, "stage": "Won", "source": "S", "owner_id": "1", "amount": 3.0,
        "weighted_amount": 3.0,
    }  # fmt: skip
    return pd.DataFrame(fields)


def march(day: int) -> str:
    return ist(f"2025-03-{day:02} 10:00:00")


def said(number: int, day: int, stage: str, closing: str | None, **fields) -> dict:
    return deal(number, march(1), stage, Modified_Time=march(day), Closing_Date=closing, **fields)


CONTENTS = (
    [said(1, 1, "Qualification", "2025-03-20"), said(1, 9, "Closed Won", "2025-03-04", Amount=70)],
    [said(2, 1, "Qualification", "2025-03-20"), said(2, 5, "Closed Won", "2025-03-30"),
     said(2, 12, "Closed Won", "2025-03-03")],
    [said(3, 1, "Qualification", "2025-03-20"), said(3, 4, "Closed Lost", "2025-03-04"),
     said(3, 8, "Negotiation/Review", "2025-03-29"), said(3, 14, "Closed Won", "2025-03-14")],
    [said(4, 1, "Qualification", "2025-03-08"), said(4, 6, "Qualification", "2025-03-18"),
     said(4, 10, "Qualification", "2025-03-28", Amount=5)],
)  # fmt: skip


@pytest.mark.parametrize("day", [2, 5, 8, 9, 11, 13, 20])
def test_the_database_as_it_stood_then_knows_the_same(database_url, day):
    """What had been written by the end of the day, and all records, say the same of it."""
    found = []
    end = march(day + 1)
    written = [[said for said in one if said["Modified_Time"] < end] for one in CONTENTS]
    for contents in (CONTENTS, written):
        with company(database_url) as connection:
            for of_deal in contents:
                put_history(connection, "Deals", *of_deal)
            build(connection, only=("deal_history",))
            found.append(known_at(read_histories(connection), number_of(date(2025, 3, day))))
            connection.rollback()
    then, now = found
    for name in ("created", "outcome", "closed", "deleted", "amount"):
        np.testing.assert_array_equal(getattr(then, name), getattr(now, name), name)
    for name in ("deal", "closing", "amount", "meaning"):
        np.testing.assert_array_equal(
            getattr(then.contents, name), getattr(now.contents, name), name
        )
    np.testing.assert_array_equal(then.pushes, now.pushes)
    assert (then.outcome == WON).sum() == {2: 0, 5: 1, 8: 1, 9: 2, 11: 2, 13: 2, 20: 3}[day]


def test_the_columns_of_the_query_are_those_of_the_companies(database_url):
    with company(database_url) as connection:
        build(connection, only=("deal_history",))
        assert not len(read_histories(connection).contents.deal)
    assert "said_day" in COLUMNS
