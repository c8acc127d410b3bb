"""Companies with deals that are in no sum of money: the message says how many it leaves out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aha_pipeline.briefing.facts import LEFT_OUT, Fact, gather
from aha_pipeline.briefing.verify import is_true, proven
from aha_pipeline.delivery.channels.whatsapp import VARIABLES
from aha_pipeline_tests.briefing.by_hand import DAY, at, bare, day, fact, reading
from aha_pipeline_tests.warehouse.marts_company import deal, lead, put, put_history

LAKH, CRORE = 100_000, 10_000_000
ABROAD = {"Currency": "USD", "Exchange_Rate": None}
SUNDAY = DAY - timedelta(days=4)


def won(number: int, days_ago: int, **values) -> dict:
    closed = {"Closing_Date": day(days_ago), "Modified_Time": at(days_ago, 12)}
    return deal(number, at(days_ago + 5), "Closed Won", **{"Amount": LAKH} | closed | values)


def said(connection, on=DAY) -> dict[str, dict]:
    """Return by stance the counts that are said beside its figures; all of them are proven."""
    facts = gather(connection, on)
    assert proven(connection, on, facts) == (facts, [])
    return {
        one.stance: left
        for one in facts
        if (left := {name: n for name, n in one.figures.items() if name.endswith(LEFT_OUT)})
    }


def lies(one: Fact) -> list[Fact]:
    """Return the fact with another count, with none, and with one beside each other amount."""
    beside = [name for name in one.figures if name.endswith(LEFT_OUT)]
    money = [name for name in ("money", "before", "target") if name in one.figures]
    other = [f"{name}_{why}" for name in money for why in LEFT_OUT]
    return [
        *(
            replace(one, figures=dict(one.figures) | {name: one.figures[name] + 1})
            for name in beside
        ),  # type: ignore[operator]
        *(replace(one, figures={k: v for k, v in one.figures.items() if k != n}) for n in beside),
        *(replace(one, figures=dict(one.figures) | {n: 7}) for n in other),
    ]


@pytest.mark.parametrize("rate", [None, 0, -84.5, 8_450_000])
def test_the_open_pipeline_says_which_deals_it_does_not_hold(connection, built, write, rate):
    foreign = {"Amount": LAKH, "Currency": "USD", "Exchange_Rate": rate, "Closing_Date": day(-3)}
    put(connection, "Deals", deal(1, at(5), Amount=LAKH, Closing_Date=day(-3)))
    put(connection, "Deals", deal(2, at(5), **foreign), deal(3, at(5), **foreign))
    put(connection, "Deals", deal(4, at(5), **foreign | {"Amount": 0}))  # nothing in any currency
    put(connection, "Deals", deal(5, at(5), Amount=None))  # without an amount
    lost = {"Closing_Date": day(20), "Modified_Time": at(20)}
    put(connection, "Deals", deal(6, at(30), "Closed Lost", **lost))  # a week before is known
    built()
    assert said(connection) == {
        "glance": {"money_unconverted": 2},
        "due_named": {"money_unconverted": 2},
        "pipeline_up": {"money_unconverted": 2},
        "parts": {"opened_unconverted": 2},
    }
    message = write().messages["en"]
    text = "₹1.00 L [not included: 2 deals without a valid exchange rate] open"
    assert text in bare(message["text"])
    report = message["report"].replace("\\", "")
    assert "In no value of the tables: 2 deals without a valid exchange rate." in report
    text = bare(write(languages=("hi",)).messages["hi"]["text"])
    assert "₹1.00 लाख [शामिल नहीं: 2 सौदे जिनकी विनिमय दर मान्य नहीं]" in text


@pytest.mark.parametrize("unknown", [ABROAD, {"Amount": None}, {"Currency": "XYZ"}])
def test_what_was_won_says_of_how_many_wins_it_does_not_tell(connection, built, write, unknown):
    put(connection, "Deals", *(won(n, 0) for n in range(3)), won(3, 0, **unknown))
    put(connection, "Deals", won(4, 10, **unknown), won(5, 10, Amount=2 * LAKH))
    put(connection, "Deals", won(6, 35), won(7, 28, **unknown), won(8, 50, **unknown))
    put(connection, "Leads", lead(1, at(0)))
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into analytics.targets (scope, name, period, first_day, last_day, amount) "
            "values ('company', '', 'month', '2025-03-01', '2025-03-31', 5000000)"
        )
    built()
    found = said(connection)
    assert found["won_many"] == {"money_unvalued": 1}
    assert found["target_to_go"] == {"money_unvalued": 2}
    assert found["month_ahead"] == {"money_unvalued": 2, "before_unvalued": 1}
    assert "₹5.00 L [not included: 2 deals of unknown value] of the target" in bare(
        write().messages["en"]["text"]
    )


@pytest.mark.parametrize("unknown", [ABROAD, {"Amount": None}, {"Currency": "XYZ"}])
@pytest.mark.parametrize("known", [None, 0, LAKH])
def test_a_pipeline_of_which_no_value_is_known_is_no_zero(connection, built, write, unknown, known):
    put(connection, "Deals", *(deal(n, at(9), **{"Amount": LAKH} | unknown) for n in range(3)))
    if known is not None:
        put(connection, "Deals", deal(9, at(9), Amount=known))
    built()
    [one] = [found for found in gather(connection, DAY) if found.kind == "glance"]
    assert one.figures.get("open") == (3 if known is None else None)
    assert one.figures.get("money") == known
    assert is_true(connection, DAY, one)
    for lie in ({"open": 2}, {"open": None, "money": 0}, {"money": 1}):
        told = {
            name: value for name, value in (dict(one.figures) | lie).items() if value is not None
        }
        assert told == one.figures or not is_true(connection, DAY, replace(one, figures=told))
    text = bare(write().messages["en"]["text"])
    assert ("· 3 open deals of unknown value" in text) is (known is None)


@pytest.mark.parametrize("code", ["en", "hi"])
def test_the_longest_glance_fits_into_the_template_of_a_message(code):
    said = {"n": 123456, "won": 1234, "lost": 1234, "money": 98765 * CRORE, "assumed": 55.5}
    longest = fact("glance", "glance", "", **said, money_unconverted=1234)
    [(_, _), (_, _), (name, most)] = VARIABLES["briefing"]
    assert name == "glance"
    assert len(reading(code).sentence(longest, 0)) <= most


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_no_largest_is_named_without_those_it_was_not_compared_with(connection, built, missing):
    put(connection, "Deals", deal(1, at(0), Amount=LAKH), deal(2, at(0), Amount=LAKH / 2))
    put(connection, "Deals", *(deal(3 + n, at(0), Amount=LAKH, **ABROAD) for n in range(missing)))
    put(connection, "Deals", *(won(20 + n, n, Amount=LAKH + n) for n in range(6)))
    put(connection, "Deals", won(30, 0, Amount=5 * LAKH))
    put(connection, "Deals", *(won(40 + n, 3, **ABROAD) for n in range(missing)))
    built()
    found = said(connection)
    assert found["opened"] == {"money_unconverted": missing}
    assert found["won_largest_month"] == {"money_unvalued": missing}


@pytest.mark.parametrize(("then", "now"), [({}, ABROAD), (ABROAD, {}), (ABROAD, ABROAD)])
def test_a_pipeline_that_moved_says_what_it_could_not_convert(connection, built, then, now):
    """Where the same deals are missing on both days, the glance has said it and nothing moved."""
    rate = {"Currency": "USD", "Exchange_Rate": 84.5}
    first = deal(1, at(20), Amount=LAKH) | (then or rate)
    second = first | (now or rate) | {"Modified_Time": at(2)}
    put_history(connection, "Deals", first, second)
    put(connection, "Deals", deal(2, at(20), Amount=LAKH), deal(3, at(20), Amount=LAKH, **rate))
    built()
    [found] = [f for f in gather(connection, DAY) if f.kind == "pipeline"]
    left = {name: n for name, n in found.figures.items() if name.endswith(LEFT_OUT)}
    is_missing = {"before_unconverted": then, "money_unconverted": now}
    is_same = then == now
    assert left == {name: 1 for name, missing in is_missing.items() if missing and not is_same}
    assert is_true(connection, DAY, found)


@pytest.mark.parametrize(
    ("change", "stance"),
    [
        ({"Exchange_Rate": 60}, None),  # worth less, and the amount is the same
        ({"Exchange_Rate": 120}, None),
        ({"Exchange_Rate": None}, None),
        ({"Exchange_Rate": 60, "Amount": LAKH / 2}, "cut"),
        ({"Amount": 2 * LAKH}, "raised"),
        ({"Currency": "INR", "Exchange_Rate": 1}, "cut"),
    ],
)
def test_another_rate_is_no_other_amount(connection, built, change, stance):
    dollars = {"Currency": "USD", "Exchange_Rate": 84.5, "Amount": LAKH}
    first = deal(1, at(20), **dollars)
    put_history(connection, "Deals", first, first | change | {"Modified_Time": at(0)})
    put(connection, "Deals", deal(2, at(20), **dollars))
    built()
    changed = [found for found in gather(connection, DAY) if found.kind == "changed"]
    assert [found.stance for found in changed] == ([stance] if stance else [])
    assert proven(connection, DAY, changed) == (changed, [])
    if stance is None and (rate := change["Exchange_Rate"]):
        worth = {"deal": "Deal 1", "before": 8_450_000, "money": LAKH * rate}
        lie = fact("cut" if rate < 84.5 else "raised", "changed", "D1", **worth)
        assert not is_true(connection, DAY, lie)


def test_a_week_says_it_on_its_side(connection, built, compose):
    put(connection, "Deals", won(1, 5), won(2, 6, **ABROAD), won(3, 12, Amount=3 * LAKH))
    built(SUNDAY)
    assert said(connection, SUNDAY)["week_won_less"] == {"money_unvalued": 1}
    text = bare(compose(SUNDAY).messages["en"]["text"])
    assert "₹1.00 L [not included: 1 deal of unknown value]" in text


@pytest.mark.parametrize(
    ("unknown", "left"),
    [
        ([deal(2, at(5), Amount=LAKH, **ABROAD)], {}),  # it is given a value that others had
        ([won(2, 1, **ABROAD)], {"money_unvalued": 1}),
        ([won(2, 1, Amount=None), won(3, 40, **ABROAD)], {"money_unvalued": 1}),
    ],
)
def test_a_forecast_leaves_out_what_was_won_at_no_known_value(connection, built, unknown, left):
    put(connection, "Deals", deal(1, at(5), Amount=LAKH), *unknown)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into analytics.forecasts (day, scope, period, first_day, last_day, won_value, "
            "won_deals, value_p10, value_p25, value_p50, value_p75, value_p90, closed_deals, "
            "is_back_test) values (%s, 'company', 'month', '2025-03-01', '2025-03-31', 0, 0, "
            "10000, 20000, 30000, 40000, 50000, 60, false)",
            [DAY],
        )
    built()
    assert said(connection).get("forecast_month", {}) == left


def test_a_lie_about_what_is_left_out_is_refused(connection, built):
    put(connection, "Deals", won(1, 0), won(2, 0), won(3, 0, **ABROAD), won(4, 11, Amount=None))
    put(connection, "Deals", deal(5, at(5), Amount=LAKH), deal(6, at(5), Amount=LAKH, **ABROAD))
    put(connection, "Deals", won(7, 40), won(8, 40, **ABROAD))
    built()
    told = [f for f in gather(connection, DAY) if f.figures.keys() & {"money"}]
    assert len([one for one in told if any(n.endswith(LEFT_OUT) for n in one.figures)]) >= 3
    for one in told:
        assert is_true(connection, DAY, one)
        assert not [lie for lie in lies(one) if is_true(connection, DAY, lie)]


@pytest.mark.parametrize("code", ["en", "hi"])
@pytest.mark.parametrize(("unvalued", "unconverted"), [(1, None), (None, 1), (2, 1234)])
def test_what_is_left_out_is_read_back(code, unvalued, unconverted):
    one = reading(code)
    left = {"money_unvalued": unvalued, "money_unconverted": unconverted}
    values = {name: n for name, n in left.items() if n is not None}
    true = fact("month_ahead", money=5 * LAKH, before=LAKH, **values)
    sentence = one.sentence(true, 0)
    assert one.is_read_back(true, 0, sentence)
    for name in values:
        lie = replace(true, figures=dict(true.figures) | {name: values[name] + 1})
        assert not one.is_read_back(lie, 0, sentence)
        assert not one.is_read_back(true, 0, one.sentence(lie, 0))
    silent = replace(true, figures={k: v for k, v in true.figures.items() if k not in values})
    assert not one.is_read_back(silent, 0, sentence)
    assert not one.is_read_back(true, 0, one.sentence(silent, 0))


@pytest.mark.parametrize("unknown", [ABROAD, {"Amount": None}, {"Currency": "XYZ"}])
def test_a_win_of_unknown_value_is_no_small_one(connection, built, write, unknown):
    put(connection, "Deals", deal(1, at(40), Amount=100 * LAKH), won(2, 0, **unknown))
    put(connection, "Deals", won(3, 0, Amount=LAKH / 100))
    built()
    message = bare(write(names="full").messages["en"]["text"])
    assert "Deal 2 was won; its value is not known." in message
    assert "Deal 3" not in message  # a small one is counted at a glance


@pytest.mark.parametrize(
    ("stage", "stance", "words"),
    [
        ("Closed Won", "won_after_gap", "; its value is not known."),
        ("Closed Won", "won_repeat", "; its value is not known."),
        ("Closed Lost", "lost", ", its value not known;"),
    ],
)
def test_a_deal_that_closed_says_that_its_value_is_not_known(
    connection, built, compose, stage, stance, words
):
    account = {"Account_Name": {"id": "A1", "name": "Rao"}} if stance == "won_repeat" else {}
    put(connection, "Deals", won(1, 9, **account), won(2, 0, Stage=stage, **ABROAD, **account))
    built()
    assert stance in {one.stance for one in gather(connection, DAY)}
    assert words in bare(compose().messages["en"]["report"])


@pytest.mark.parametrize("unknown", [ABROAD, {"Amount": None}, {"Currency": "XYZ"}])
@pytest.mark.parametrize("is_one_known", [False, True])
@pytest.mark.parametrize(
    ("on", "ago", "other", "stance"),
    [
        (SUNDAY, 6, 12, "week_won_less"),
        (SUNDAY, 12, 6, "week_won_more"),
        (DAY, 1, 35, "target_to_go"),
        (DAY, 1, 35, "month_behind"),
        (DAY, 35, 1, "month_ahead"),
        (DAY.replace(day=31), 1, 35, "month_ended_less"),
        (DAY.replace(day=31), 35, 1, "month_ended_more"),
    ],
)
def test_what_was_won_at_no_known_value_is_no_zero(
    connection, built, unknown, is_one_known, on, ago, other, stance
):
    """A sum is told, and compared with, only where the value of one of its deals is known."""
    put(connection, "Deals", *(won(n, ago, **unknown) for n in range(3)))
    put(connection, "Deals", won(8, other, Amount=LAKH * 9), deal(9, at(78), Amount=LAKH))
    if is_one_known:
        put(connection, "Deals", won(3, ago))
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into analytics.targets (scope, name, period, first_day, last_day, amount) "
            "values ('company', '', 'month', '2025-03-01', '2025-03-31', 5000000)"
        )
    built(on)
    facts = gather(connection, on)
    assert proven(connection, on, facts) == (facts, [])
    assert (stance in {one.stance for one in facts}) is is_one_known


@pytest.mark.parametrize("unknown", [ABROAD, {"Amount": None}, {"Currency": "XYZ"}])
@pytest.mark.parametrize(("then", "now"), [(True, False), (False, True), (False, False)])
def test_a_pipeline_of_which_no_value_was_known_is_not_compared(
    connection, built, unknown, then, now
):
    """It was known, or is, and the other day no open deal had a value."""
    before = deal(1, at(20), Amount=LAKH) | ({} if then else unknown)
    put_history(connection, "Deals", before, before | {"Stage": "Closed Lost",
                "Closing_Date": day(3), "Modified_Time": at(3)})  # fmt: skip
    put(connection, "Deals", deal(2, at(2), Amount=LAKH) | ({} if now else unknown))
    built()
    facts = gather(connection, DAY)
    assert proven(connection, DAY, facts) == (facts, [])
    assert not [one.stance for one in facts if one.kind in ("pipeline", "pipeline_parts")]
