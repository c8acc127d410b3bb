"""Results of a month, one deal that is much, and what losses have in common: true, and not said.

Of each kind a company of which it is true, and three of which it is not.
"""

from datetime import date, timedelta

import pytest
from psycopg2.extras import RealDictCursor

from aha_pipeline.briefing.facts import of_kind
from aha_pipeline.briefing.verify import is_true
from aha_pipeline_tests.briefing.by_hand import DAY, at, bare, day, reading
from aha_pipeline_tests.briefing.lies import untrue
from aha_pipeline_tests.warehouse.marts_company import build, deal, put, put_history

LAKH = 100_000
MARTS = ("kpis", "lost_deals", "pace", "pipeline_movements")


def told(connection, kind: str, on: date = DAY) -> list[str]:
    """Return what is said of a kind, each proven, and each lie about it refused."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        facts = list(of_kind(cursor, kind, on))
    for fact in facts:
        assert is_true(connection, on, fact), fact
        believed = [lie for lie in untrue(fact) if is_true(connection, on, lie)]
        assert believed == []
    return [bare(reading().sentence(fact, 0)) for fact in facts]


def won(number: int, on: str, amount: int) -> dict:
    time = f"{on}T12:00:00+05:30"
    return deal(number, at(300), "Closed Won", Amount=amount, Closing_Date=on, Modified_Time=time)


def test_a_month_that_is_over_is_told_before_the_first_working_day(connection):
    """1 March 2025 is a Saturday."""
    sunday, month = date(2025, 3, 2), "The month to 28 Feb 2025 ended with ₹3.00 L won in 2 deals"
    put(connection, "Deals",
        won(1, "2025-01-31", 4 * LAKH),
        won(2, "2025-02-01", 2 * LAKH),
        won(3, "2025-02-28", LAKH),
        won(4, "2025-03-01", 9 * LAKH))  # fmt: skip
    build(connection, date(2025, 1, 1), date(2025, 3, 5), only=MARTS)
    assert told(connection, "period_ended", sunday) == [
        f"{month}, down from ₹4.00 L the month before."
    ]
    for other in (date(2025, 3, 1), date(2025, 3, 3), date(2025, 2, 16)):
        assert told(connection, "period_ended", other) == []
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into analytics.targets (scope, name, period, first_day, last_day, amount) "
            "values ('company', '', 'month', '2025-02-01', '2025-02-28', 500000)"
        )
        assert told(connection, "period_ended", sunday) == [
            f"{month}, against a target of ₹5.00 L; the month before it was ₹4.00 L."
        ]
        cursor.execute("insert into crm.holidays values ('2025-03-03', 'Holi', 'file')")
    assert told(connection, "period_ended", sunday) == []
    connection.rollback()


def test_a_quarter_of_the_companys_year_is_told_with_its_last_month(connection):
    put(connection, "Deals", *(won(n, f"2024-{n:02}-28", n * LAKH) for n in range(7, 13)))
    build(connection, date(2024, 7, 1), date(2024, 12, 31), only=MARTS)
    assert sorted(told(connection, "period_ended", date(2024, 12, 31))) == [
        "The month to 31 Dec 2024 ended with ₹12.00 L won in 1 deal, about as much as the month "
        "before (₹11.00 L).",
        "The quarter to 31 Dec 2024 ended with ₹33.00 L won in 3 deals, up from ₹24.00 L the "
        "quarter before.",
    ]
    november = ["The month to 30 Nov 2024 ended with ₹11.00 L won in 1 deal, about as much as the "
                "month before (₹10.00 L)."]  # fmt: skip
    assert told(connection, "period_ended", date(2024, 12, 1)) == november  # in the quarter
    assert told(connection, "period_ended", date(2024, 12, 30)) == []
    with connection.cursor() as cursor:
        cursor.execute("update crm.organisation set fiscal_start_month = 2")
    assert len(told(connection, "period_ended", date(2024, 12, 31))) == 1  # no quarter's end
    connection.rollback()


@pytest.mark.parametrize(
    ("on", "to_go"),
    [
        (25, "; ₹3.00 L to go in 3 working days, ₹1.00 L a day."),
        (26, "; ₹3.00 L to go in 2 working days, ₹1.50 L a day."),
        (27, "; ₹3.00 L to go in 1 working day."),
        (28, None),
    ],
)
def test_what_each_day_must_bring_is_told_while_several_are_left(connection, on, to_go):
    """28 February 2025 is a Friday."""
    put(connection, "Deals", won(1, "2025-02-03", 2 * LAKH))
    build(connection, date(2025, 2, 1), date(2025, 2, 28), only=MARTS)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into analytics.targets (scope, name, period, first_day, last_day, amount) "
            "values ('company', '', 'month', '2025-02-01', '2025-02-28', 500000)"
        )
    [said] = told(connection, "target", date(2025, 2, on))
    month = "Won this month: ₹2.00 L of the target of ₹5.00 L"
    missed = "The month ended with ₹2.00 L won, ₹3.00 L short of its target of ₹5.00 L."
    assert said == (missed if to_go is None else month + to_go)
    connection.rollback()


def opened(connection, *amounts: int | None) -> None:
    deals = (deal(n, at(9), Amount=amount) for n, amount in enumerate(amounts, 1))
    put(connection, "Deals", *deals)
    build(connection, DAY - timedelta(days=9), DAY, only=MARTS)


@pytest.mark.parametrize(
    ("amounts", "sentences"),
    [
        (
            (7 * LAKH, LAKH, LAKH, LAKH, 4 * LAKH),
            ["Deal 1 alone is 50.0% of the open pipeline: ₹7.00 L of ₹14.00 L."],
        ),
        ((7 * LAKH, LAKH, LAKH, LAKH, None), []),  # four with an amount
        ((LAKH, LAKH, LAKH, LAKH, 2 * LAKH), []),  # a third exactly
        ((0, 0, 0, 0, 0), []),
    ],
)
def test_one_deal_that_is_much_of_the_pipeline_is_named(connection, amounts, sentences):
    opened(connection, *amounts)
    assert told(connection, "one_deal") == sentences
    connection.rollback()


def lost(connection, *deals: tuple[str, str, str | None]) -> None:
    """Put deals that were lost on DAY from a stage, by a source, for a reason."""
    for number, (stage, source, reason) in enumerate(deals, 1):
        was = deal(number, at(9), stage, Lead_Source=source)
        lost = {"Stage": "Closed Lost", "Closing_Date": day(0), "Modified_Time": at(0, 12)}
        put_history(connection, "Deals", was, was | lost | {"Lost_Reason": reason})
    build(connection, DAY - timedelta(days=9), DAY, only=MARTS)


@pytest.mark.parametrize(
    ("reasons", "sentences"),
    [
        (("Price", "Price", " Price", "Late"), ["3 of them give “Price” as the reason."]),
        (("Price", "Price", "Late"), []),  # two are few
        (("Price", "Price", "Price", "Late", "Late", None), []),  # half is not most
        ((None, None, None, "Price"), []),
    ],
)
def test_a_days_losses_for_one_reason_are_told_as_such(connection, reasons, sentences):
    lost(connection, *(("Qualification", "Facebook", reason) for reason in reasons))
    assert told(connection, "lost_alike") == sentences
    connection.rollback()


@pytest.mark.parametrize(
    ("stages", "open_in", "sentences"),
    [
        (
            "NNNQ N",
            "NQ",
            ["Of 6 deals lost since 19 Feb 2025, 4 stood at “Negotiation Review” last."],
        ),
        ("NNNN", "NQ", []),  # four are few
        ("NNNQQQ", "NQ", []),
        ("NNNNN", "NN", []),  # where else could they have been lost?
    ],
)
def test_losses_from_one_stage_are_told_as_such(connection, stages, open_in, sentences):
    names = {"N": "Negotiation/Review", "Q": "Qualification", " ": "Needs Analysis"}
    put(connection, "Deals", *(deal(80 + n, at(9), names[s]) for n, s in enumerate(open_in)))
    lost(connection, *((names[stage], f"Source {n}", None) for n, stage in enumerate(stages)))
    assert told(connection, "lost_common") == sentences
    connection.rollback()


@pytest.mark.parametrize(
    ("lost_by", "won_by", "sentences"),
    [
        (
            "FFFFW",
            "FWWWW",
            [
                "Of 5 deals lost since 19 Feb 2025, 4 came from Facebook; of the 5 deals won it "
                "brought 1."
            ],
        ),
        ("FFFFW", "FWWW", []),  # four wins are few
        ("FFFFW", "FFFWW", []),  # it wins as it loses
        ("FFFWWW", "WWWWW", []),
    ],
)
def test_losses_of_one_source_are_told_where_wins_are_not_of_it(
    connection, lost_by, won_by, sentences
):
    names = {"F": "Facebook", "W": "Walk-in"}
    put(connection, "Deals", *(
        won(80 + n, day(3), LAKH) | {"Lead_Source": names[source]}
        for n, source in enumerate(won_by)
    ))  # fmt: skip
    lost(connection, *(("Qualification", names[source], None) for source in lost_by))
    assert told(connection, "lost_common") == sentences
    connection.rollback()


def changed(connection, when: int, *amounts: tuple[int | None, int]) -> None:
    """Put open deals whose amount is another one since so many days before DAY, and a new one."""
    put(connection, "Deals", deal(90, at(3)))
    for number, (before, now) in enumerate(amounts, 1):
        was = deal(number, at(9), Amount=before)
        put_history(connection, "Deals", was, was | {"Amount": now, "Modified_Time": at(when, 12)})
    build(connection, DAY - timedelta(days=9), DAY, only=MARTS)


@pytest.mark.parametrize(
    ("amounts", "grown", "entered"),
    [
        (((10 * LAKH, 11 * LAKH), (LAKH, LAKH)), ["Deal 1 grew from ₹10.00 L to ₹11.00 L."], []),
        (((100 * LAKH, 109 * LAKH), (0, 0), (None, 0)), [], []),
        (((None, LAKH), (0, 2 * LAKH)), [], [
            "Deal 1 is now valued at ₹1.00 L; it had no amount before.",
            "Deal 2 is now valued at ₹2.00 L; it had no amount before.",
        ]),
    ],
)  # fmt: skip
def test_a_larger_amount_is_told_of_its_day(connection, amounts, grown, entered):
    changed(connection, 0, *amounts)
    assert sorted(told(connection, "changed")) == grown + entered
    assert told(connection, "changed", DAY - timedelta(days=1)) == []
    connection.rollback()


@pytest.mark.parametrize(
    ("when", "amounts", "largest"),
    [
        (2, ((LAKH, 3 * LAKH), (LAKH, 2 * LAKH)), "Deal 1 added the most, ₹2.00 L"),
        (2, ((LAKH, 2 * LAKH), (9 * LAKH, 4 * LAKH)), "Deal 2 took off the most, ₹5.00 L"),
        (0, ((LAKH, 3 * LAKH), (LAKH, 2 * LAKH)), None),  # it is told as what happened
        (2, ((LAKH, 2 * LAKH), (2 * LAKH, 3 * LAKH)), None),  # two alike
        (2, ((LAKH, LAKH), (99 * LAKH, 100 * LAKH)), None),  # little for such a pipeline
        (2, ((LAKH, 2 * LAKH), (9 * LAKH, 8 * LAKH)), None),  # nothing in all
    ],
)
def test_the_deal_behind_other_changes_of_a_week_is_named(connection, when, amounts, largest):
    changed(connection, when, *amounts)
    [parts] = told(connection, "pipeline_parts")
    assert largest in parts if largest else "the most" not in parts
    connection.rollback()
