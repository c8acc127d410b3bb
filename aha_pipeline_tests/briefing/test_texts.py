"""The two texts: what needs attention first, every figure a fact, nothing broken by a name."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aha_pipeline.briefing.phrases import Day
from aha_pipeline.briefing.report import report
from aha_pipeline.briefing.summary import summary
from aha_pipeline_tests.briefing.conftest import DAY, make_day, make_facts, renamed

LATE = {
    "overdue_deals": {"value": 14},
    "overdue_value": {"value": 2340000},
    "overdue_owner_value": {"value": 820000, "unit": "money", "name": "Priya Nair"},
}


def test_a_quiet_day_says_so():
    day = make_day()
    assert "Nothing is out of the ordinary." in report(day)
    assert "Carry on as planned." in report(day)
    assert "*Needs attention*\nNothing is out of the ordinary." in summary(day)


def test_the_message_of_a_quiet_day_reads_as_meant():
    assert summary(make_day(is_sandbox=True)) == (
        "*Fri 20 Nov 2026* · Aha Homes\n"
        "_Sandbox data, not from the live CRM._\n"
        "\n"
        "*Needs attention*\n"
        "Nothing is out of the ordinary.\n"
        "\n"
        "*The day*\n"
        "▪ New leads: *18* (seven days before: 14.3 a day)\n"
        "▪ Won: *2 deals*, *₹4.52 L*; lost: 1 deal\n"
        "▪ This month: *₹2.31 Cr* won, up from ₹1.63 Cr in the same days of last month\n"
        "▪ Open: *₹12.36 Cr* in 157 deals\n"
        "▪ Closing within 30 days: *₹4.31 Cr* in 51 deals\n"
        "\n"
        "_Automatic summary, written from the figures without a language model._\n"
        "_The full report is in the dashboard._"
    )


@pytest.mark.parametrize(
    ("changes", "problem", "advice"),
    [
        (
            LATE,
            "**14 open deals worth ₹23.40 L** are past their closing date, ₹8.20 L of it with "
            "Priya Nair.",
            "Give each of the 14 overdue deals a new closing date, or close it, beginning with "
            "those of Priya Nair.",
        ),
        (
            {"overdue_deals": {"value": 1}, "overdue_value": {"value": 0}},
            "**1 open deal worth ₹0** is past its closing date.",
            "Give the overdue deal a new closing date, or close it.",
        ),
        (
            {
                "new_leads": {"value": 9},
                "change_new_leads": {"value": 9, "previous": 14, "comparison": "on a usual Friday"},
            },
            "**9 new leads**, where 14 come on a usual Friday.",
            "See that the campaigns and the web forms are running.",
        ),
        (
            {
                "new_leads": {"value": 0},
                "change_new_leads": {"value": 0, "previous": 14, "comparison": "on a usual Friday"},
            },
            "**No new lead**, where 14 come on a usual Friday.",
            "See that the campaigns",
        ),
        (
            {"month_won_value": {"value": 9900000}},
            "**The month is behind**: ₹99.00 L won so far, ₹1.63 Cr in the same days of last "
            "month.",
            "Look at what can still close within 30 days: 51 deals worth ₹4.31 Cr.",
        ),
        (
            {"open_pipeline_value": {"value": 100000000}},
            "**The open pipeline is ₹10.00 Cr**, down from ₹12.08 Cr a week before; in these days "
            "₹49.29 L was won and ₹2.08 Cr lost.",
            "See which deals left the pipeline",
        ),
        (
            {"lost_deals": {"value": 4}},
            "**4 deals lost**, 2 deals won.",
            "Ask for the reason of each loss",
        ),
        (
            {"worst_junk_pct": {"value": "38.04"}},
            "**38.0 % of the leads from IndiaMART are junk**, 22.5 % over all sources.",
            "Check targeting and form of IndiaMART before paying for more.",
        ),
        (
            {"first_step_leads": {"value": 1136, "name": "Not Contacted"}},
            "**1,136 leads** still at “Not Contacted”, more than a week brings in.",
            "Share out the leads at “Not Contacted” and call the newest first.",
        ),
    ],
)
def test_what_needs_attention_comes_with_what_to_do(changes, problem, advice):
    text = report(make_day(**changes))
    assert problem in text.partition("## What needs attention")[2].partition("##")[0]
    assert advice in text.partition("## What to do next")[2]
    on_phone = problem.replace("**", "*")
    assert on_phone in summary(make_day(**changes)).partition("*The day*")[0]


def test_the_three_lines_of_a_day():
    lines = report(make_day()).partition("three lines\n\n")[2].partition("\n\n")[0].split("\n")
    assert lines == [
        "- **18 new leads**, up from 12 the day before; the seven days before brought 14.3 a day.",
        "- **2 deals won for ₹4.52 L**, 1 deal lost. This month so far: ₹2.31 Cr won, up from "
        "₹1.63 Cr in the same days of last month.",
        "- **₹12.36 Cr open** in 157 deals, up from ₹12.08 Cr a week before; times probability, "
        "₹5.11 Cr.",
    ]


def test_figures_that_print_alike_are_the_same():
    text = report(make_day(new_leads={"previous": 18}))
    assert "**18 new leads**, the same as the day before;" in text
    assert "Junk share of all leads: 22.5 % (the same as a week before)." in text


def test_sandbox_data_is_named_in_both_texts_and_real_data_is_not():
    for text in (report, summary):
        assert "Sandbox data" in text(make_day(is_sandbox=True))
        assert "andbox" not in text(make_day())


def test_a_company_without_figures_has_a_report():
    empty = {
        "won_deals": {"value": 0, "previous": None},
        "won_value": {"value": 0, "previous": None},
        "open_deals": {"value": 0, "previous": None},
    }
    day = make_day(new_leads={"value": 0, "previous": None}, **empty)
    core = ("new_leads_average", "lost_deals", "open_pipeline_value", "weighted_pipeline_value")
    facts = {i: f for i, f in day.facts.items() if i in (*core, "new_leads", *empty)}
    bare = Day(DAY, "Aha Homes", False, facts)
    assert "**No new lead**;" in report(bare)
    assert "## Reps\n\nNo figures yet." in report(bare)
    assert "Won: *no deal*; lost: 1 deal" in summary(bare)


def test_dollars_do_not_become_formulas():
    facts = {fact.id: fact for fact in make_facts("USD")}
    text = report(Day(DAY, "Aha", False, facts))
    assert r"**2 deals won for \$452K**" in text
    assert not re.search(r"(?<!\\)\$", text)


HOSTILE = "*Ignore* _all_ ~this~ `now` | $x$ <b> [a](http://evil.example) ₹99 Cr\n# Big"
ALL_WORRIES = {
    **LATE,
    "new_leads": {"value": 3},
    "month_won_value": {"value": 1},
    "open_pipeline_value": {"value": 1000},
    "lost_deals": {"value": 30},
    "worst_junk_pct": {"value": 99},
    "first_step_leads": {"value": 1136, "name": "Not Contacted"},
}


def test_a_hostile_name_breaks_no_line_and_makes_no_link():
    facts = renamed(make_facts(**ALL_WORRIES), HOSTILE)
    day = Day(DAY, HOSTILE, True, {fact.id: fact for fact in facts})
    text = report(day)
    assert "evil.example" not in text + summary(day)
    assert not re.search(r"^# Big", text, re.M)
    assert re.findall(r"(?<!\\)[$`~]", text) == []
    for line in text.splitlines():
        if line.startswith("| "):
            assert len(re.findall(r"(?<!\\)\|", line)) in (3, 4, 5)
    for line in summary(day).splitlines():
        assert line.count("*") % 2 == 0
        assert "`" not in line
        assert "~" not in line


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=80),
    st.integers(0, 10**14),
    st.integers(0, 10**6),
    st.dictionaries(st.sampled_from(sorted(ALL_WORRIES)), st.integers(0, 10**9)),
)
def test_the_message_always_fits_a_phone_and_its_bold_is_closed(name, money, number, values):
    changes = {i: {"value": v} for i, v in values.items()}
    changes["overdue_value"] = {"value": money}
    changes["overdue_deals"] = {"value": number}
    facts = renamed(make_facts(**(ALL_WORRIES | changes)), name)
    text = summary(Day(DAY, name * 3, True, {fact.id: fact for fact in facts}))
    assert len(text) <= 1000
    assert text.count("*") % 2 == 0
    assert text.splitlines()[0].startswith("*Fri 20 Nov 2026*")


def test_every_figure_in_both_texts_is_a_fact_or_a_date():
    day = make_day(**ALL_WORRIES)
    allowed = {text for fact in day.facts.values() for text in (fact.text, fact.previous_text)}
    for text in (report(day), summary(day)):
        rest = re.sub(r"20 Nov(ember)? 2026|within 30 days|^\d\. ", "", text, flags=re.M)
        for figure in sorted(filter(None, allowed), key=len, reverse=True):
            rest = re.sub(rf"(?<![\d.,]){re.escape(figure)}(?![\d,]|\.\d)", "", rest)
        assert re.findall(r"\d+(?! more in the full report)", rest) == []
