"""Figures as plain functions: rows in, a figure out."""

from datetime import date
from decimal import Decimal
from itertools import combinations
from types import SimpleNamespace

import pytest

from dashboard import cards, style
from dashboard.briefings import as_markdown
from dashboard.charts import causes, deals, leads, months, overview, people, reps
from dashboard.style import COLOURS
from dashboard.tabs import deals as deals_tab
from dashboard.tabs import overview as overview_tab

# Machado, Oliveira and Fernandes (2009), severity 1.0, for linear RGB.
BLINDNESS = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}
TOGETHER = (
    ("open", "qualified", "converted", "lost", "junk"),
    ("open", "won", "lost"),
    ("open", "weighted"),
    ("open", "overdue"),
)


def linear(colour: str) -> list[float]:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]


def seen(colour: str, blindness: str) -> list[float]:
    rgb = linear(colour)
    return [
        max(0.0, sum(weight * part for weight, part in zip(row, rgb, strict=True)))
        for row in BLINDNESS[blindness]
    ]


def lab(rgb: list[float]) -> list[float]:
    """Return a colour in CIE L*a*b* (D65), in which a distance of 2 is just seen."""
    r, g, b = rgb
    x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047
    y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b
    z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]


@pytest.mark.parametrize("blindness", BLINDNESS)
@pytest.mark.parametrize("together", TOGETHER)
def test_colours_of_one_chart_can_be_told_apart(blindness, together):
    for one, other in combinations(together, 2):
        first, second = (lab(seen(COLOURS[name], blindness)) for name in (one, other))
        distance = sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5
        assert distance > 12, (one, other)


@pytest.mark.parametrize(
    ("widest", "labels"),
    [
        (0, ["₹0"]),
        (9_000_000, ["₹0", "₹20 L", "₹40 L", "₹60 L", "₹80 L", "₹1 Cr"]),
        (23_500_000, ["₹0", "₹50 L", "₹1 Cr", "₹1.5 Cr", "₹2 Cr", "₹2.5 Cr"]),
        (45_000, ["₹0", "₹10,000", "₹20,000", "₹30,000", "₹40,000", "₹50,000"]),
    ],
)
def test_money_axis_has_round_ticks_from_zero(widest, labels):
    axis = style.money_ticks([Decimal(widest)], "INR")
    assert axis["ticktext"] == labels
    assert axis["range"][0] == 0
    assert axis["range"][1] >= widest


def test_count_axis_has_whole_ticks_grouped_as_the_company_does():
    assert style.count_ticks([3], "INR")["ticktext"] == ["0", "1", "2", "3"]
    assert style.count_ticks([7], "INR")["ticktext"] == ["0", "2", "4", "6", "8"]
    assert style.count_ticks([480_000], "INR")["ticktext"][-1] == "5,00,000"
    assert style.count_ticks([480_000], "USD")["ticktext"][-1] == "500,000"


def test_money_axis_prints_other_currencies():
    assert style.money_ticks([2_000_000], "USD")["ticktext"][-1] == "$2M"


def test_two_people_of_one_name_are_two_bars():
    rows = [
        {"owner_id": "1", "owner_name": "Asha", "contacts": 5},
        {"owner_id": "2", "owner_name": "Asha", "contacts": 3},
    ]
    figure = people.contacts(rows, "INR")
    assert list(figure.data[0].y) == [0, 1]
    assert list(figure.layout.yaxis.ticktext) == ["Asha", "Asha"]


def test_names_of_the_crm_are_shown_as_text():
    rows = [{"owner_id": "1", "owner_name": "<a href='x'>Asha</a> & Sons", "contacts": 5}]
    figure = people.contacts(rows, "INR")
    assert "&lt;a href" in figure.data[0].customdata[0][0]
    assert figure.layout.yaxis.ticktext[0] == "&lt;a href='x'&gt;Asha&lt;/a&gt; &amp; So…"


def test_treemap_prints_what_a_tile_has_room_for_and_has_a_fixed_scale():
    common = {"junk_leads": 4, "junk_pct": Decimal("40.00")}
    sizes = {"Facebook": 975, "Channel Partner": 20, "Old": 5}
    rows = [{"source": source, "leads": leads, **common} for source, leads in sizes.items()]
    [tiles] = leads.source_map(rows, "INR").data
    assert tiles.text[1:] == (
        "<b>Facebook</b><br>975 leads<br>40.0% junk",
        "<b>Channel<br>Partner</b>",
        "",
    )
    assert (tiles.marker.cmin, tiles.marker.cmax) == (0, 50)


@pytest.mark.parametrize(("known", "shown"), [(1, 14), (14, 14), (31, 31)])
def test_an_axis_of_days_is_never_so_short_that_it_names_hours(known, shown):
    rows = [
        {"day": date(2026, 3, day), "new_leads": 1, "new_leads_avg_7d": None,
         "is_today": False, "is_before": False}
        for day in range(1, known + 1)
    ]  # fmt: skip
    first, last = overview.lead_volume(rows, "INR").layout.xaxis.range
    assert (last - first).days == shown
    assert last.date() == rows[-1]["day"]


def test_cohort_that_cannot_be_known_says_so():
    row = {
        "month": date(2026, 2, 1),
        "month_end": date(2026, 2, 28),
        "leads": 10,
        "qualified": 5,
        "converted": 4,
        "won": None,
        "qualified_pct": Decimal(50),
        "converted_pct": Decimal(40),
        "won_pct": None,
        "days_to_qualified": None,
        "days_to_converted": Decimal(7),
        "days_to_won": None,
        "is_young": True,
    }
    tiles = leads.cohorts([row], "INR").data
    assert [text for column in tiles for text in column.text] == [
        "50.0% (5)",
        "40.0% (4)",
        "not known",
    ]


def test_overdue_deals_have_a_colour_of_their_own():
    common = {"value": 100000, "weighted_value": 10000, "deals": 2}
    common |= {"first_day": None, "last_day": date(2026, 2, 1)}
    rows = [
        {"stretch": "Late", "is_overdue": True, **common},
        {"stretch": "Next", "is_overdue": False, **common},
    ]
    [bars] = deals.closing(rows, "INR").data
    assert list(bars.marker.color) == [COLOURS["overdue"], COLOURS["open"]]
    assert list(bars.text) == ["₹1.00 L · 2"] * 2


def test_rep_without_a_closed_deal_has_a_row_and_no_rate():
    row = {
        "owner_id": "1", "owner_name": "Asha", "closed_deals": 0, "won_deals": 0, "too_few": True,
        "win_rate_by_count": None, "win_rate_low": None, "win_rate_high": None,
        "win_rate_by_value": None, "all_win_rate": None,
    }  # fmt: skip
    figure = reps.win_rates([row], "INR")
    assert list(figure.layout.yaxis.ticktext) == ["Asha  <i>0</i>"]
    assert not figure.data


def test_funnel_without_deals_says_none_yet():
    row = {"entity": "lead", "step": "New", "meaning": "open", "records": 3}
    row |= {"value": None}
    titles = [note.text for note in overview.funnel([row], "INR").layout.annotations]
    assert titles == ["<b>Leads</b>", "<b>Deals</b>: none yet"]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "count", None),
        (Decimal(0), "money", 0),
        (Decimal("-0.1"), "points", "-0.1 points"),
        (Decimal(150000), "money", "+₹1.50 L"),
        (-7, "count", "-7"),
        (Decimal("0.04"), "points", 0),
        (Decimal("-0.04"), "points", 0),
    ],
)
def test_change_has_its_sign_and_none_has_no_arrow(value, unit, text):
    assert cards.change(value, unit, "INR") == text


@pytest.mark.parametrize(
    ("message", "markdown"),
    [
        ("*bold* and _thin_", "**bold** and *thin*"),
        ("5 * 3 = snake_case_name", r"5 \* 3 = snake\_case\_name"),
        ("# no heading\n- no list", "\\# no heading  \n\\- no list"),
        ("[x](y) <b> $a$", r"\[x\](y) \<b\> \$a\$"),
    ],
)
def test_whatsapp_marks_become_markdown_and_nothing_else_does(message, markdown):
    assert as_markdown(message) == markdown


@pytest.mark.parametrize(
    ("first", "days", "value"),
    [
        (date(2026, 11, 2), "Mon 2 Nov", "on 2 Nov 2026"),
        (date(2026, 10, 31), "Sat 31 Oct to Mon 2 Nov", "from 31 Oct 2026 to 2 Nov 2026"),
        (date(2025, 11, 2), "Sun 2 Nov to Mon 2 Nov", "from 2 Nov 2025 to 2 Nov 2026"),
    ],
)
def test_one_day_is_no_range_of_days(first, days, value):
    row = {"first_day": first, "last_day": date(2026, 11, 2), "kind": "won", "label": "Won",
           "deals": 1, "value": -5}  # fmt: skip
    assert deals._movement(row, "INR")[0].endswith(f"<br>{days}")
    assert deals_tab._between(row) == value


@pytest.mark.parametrize(
    ("last", "is_partial", "tick", "said"),
    [
        (date(2026, 11, 1), True, "Nov<br>1", ", the 1st only"),
        (date(2026, 11, 2), True, "Nov<br>1–2", ", 1 to 2 only"),
        (date(2026, 11, 30), False, "Nov<br>", ""),
    ],
)
def test_a_month_of_one_day_is_no_range_of_days(last, is_partial, tick, said):
    row = {"month": date(2026, 11, 1), "last_day": last, "is_partial": is_partial}
    assert style.month_tick(row, is_first=False) == tick
    assert style.so_far(row) == said


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (107_600, 108_400, "restated, still ₹1.08 L, because"),
        (Decimal("0.2"), 0, "restated, still ₹0, because"),
        (107_000, 108_400, "restated from ₹1.07 L to ₹1.08 L, because"),
    ],
)
def test_a_figure_restated_by_less_than_is_printed_did_not_become_itself(before, after, said):
    row = {"kind": "restated", "figure": "won_value", "day": date(2026, 3, 5), "unit": "money",
           "normal": before, "value": after, "reason": "records changed"}  # fmt: skip
    assert said in causes.entry(row, "INR")


@pytest.mark.parametrize(
    ("is_told", "assumed_pct", "said"),
    [
        (True, Decimal("92.5"), "3 on Thu 5 Mar, known from Zoho's history; normal is +1, "
         "of earlier weeks whose pipeline is 92.5% assumed"),
        (True, None, "3 on Thu 5 Mar, known from Zoho's history; normal is +1"),
        (False, 100, "3 on Thu 5 Mar; normal is +1, of earlier weeks whose pipeline is 100.0% "
         "assumed"),
    ],
)  # fmt: skip
def test_what_is_known_is_said_of_the_day_and_what_is_assumed_of_its_normal(
    is_told, assumed_pct, said
):
    row = {"kind": "unusual", "figure": "open_deals", "day": date(2026, 3, 5), "unit": "count",
           "days": 1, "normal": 1, "value": 3, "is_told": is_told,
           "assumed_pct": assumed_pct}  # fmt: skip
    assert causes.entry(row, "INR") == f"Open deals: +{said}"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (Decimal("0.01"), Decimal("0.04"), "95% interval 0.0%"),
        (Decimal("99.97"), Decimal("99.99"), "95% interval 100.0%"),
        (Decimal(20), Decimal("28.5"), "95% interval 20.0% to 28.5%"),
    ],
)
def test_an_interval_narrower_than_is_printed_is_no_range(low, high, said):
    closed = {"won_deals": 5, "closed_deals": 25, "too_few": False, "win_rate_low": low,
              "win_rate_high": high}  # fmt: skip
    days = {"first_day": date(2026, 11, 1), "last_day": date(2026, 11, 30), "is_partial": False}
    month = {"month": date(2026, 11, 1), "win_rate": 20, "team_win_rate": 20}
    assert said in months._closed(closed | days | month, "INR")[0].split("<br>")
    rep = {"owner_name": "Asha", "owner_id": "1", "win_rate_by_count": 20,
           "win_rate_by_value": 20, "win_rate_before": 20}  # fmt: skip
    assert said in reps._rate(closed | rep, "INR")[0].split("<br>")


@pytest.mark.parametrize(
    ("names", "all_behind", "said"),
    [
        ([], 0, "because records changed"),
        (["Rao Villa"], 1, ". Behind it: Rao Villa"),
        (["Rao Villa", None], 2, ". Behind it: Rao Villa and (none)"),
        (["Rao Villa", "Das Flat", "Facebook"], 1_237,
         ". Behind it: Rao Villa, Das Flat, Facebook and 1,234 more"),
    ],
)  # fmt: skip
def test_an_entry_of_the_feed_names_what_is_behind_it(names, all_behind, said):
    row = {"kind": "restated", "figure": "won_value", "day": date(2026, 3, 5), "unit": "money",
           "normal": 1, "value": 2, "reason": "records changed"}  # fmt: skip
    behind = [{"name": name, "all_behind": all_behind} for name in names]
    assert causes.entry(row, "INR", behind).endswith(said)


@pytest.mark.parametrize(
    ("may_see_records", "names"), [(True, ["Rao Villa", "Facebook"]), (False, ["Facebook"])]
)
def test_an_entry_names_records_only_to_those_who_may_see_them(may_see_records, names):
    entry = {"kind": "unusual", "day": date(2026, 3, 5), "figure": "won_value", "days": 1}
    found = [
        entry | {"name": name, "is_record": is_record, "all_behind": 2}
        for name, is_record in (("Rao Villa", True), ("Facebook", False))
    ]
    viewer = SimpleNamespace(may_see_records=may_see_records)
    source = SimpleNamespace(rows=lambda *_, **__: found, viewer=viewer)
    [behind] = overview_tab._behind(source, [entry]).values()
    assert [row["name"] for row in behind] == names


@pytest.mark.parametrize(("reached", "is_listed"), [(None, False), (0, False), (3, True)])
def test_a_tile_of_nobody_opens_no_list(reached, is_listed):
    months = {"month": date(2026, 3, 1), "month_end": date(2026, 3, 31), "is_young": False}
    steps = {"won": reached, "won_pct": reached and 10, "days_to_won": None, "leads": 30}
    hover, behind = leads._cohort(months | steps, "won", "INR")
    assert hover
    assert bool(behind) == is_listed


@pytest.mark.parametrize("rate", [0, 50, 100])
def test_all_of_a_win_rate_lies_within_the_axes(rate):
    row = {"owner_name": "Asha", "owner_id": "1", "win_rate_by_count": rate, "win_rate_low": rate,
           "win_rate_high": rate, "win_rate_by_value": rate, "win_rate_before": None,
           "won_deals": 1, "closed_deals": 20, "too_few": False, "all_win_rate": 50}  # fmt: skip
    figure = reps.win_rates([row], "INR")
    first, last = figure.layout.xaxis.range
    narrowest = 150  # pixels, on a phone
    marker = figure.data[0].marker.size / narrowest * (last - first)
    assert first <= rate - marker / 2 < rate + marker / 2 <= last


@pytest.mark.parametrize("widest", [1, 1_000, Decimal("4520000.5")])
def test_a_bar_of_no_width_lies_within_the_axes(widest):
    figure = style.named_bars(["Large", "Small"])
    style.room_for_text(figure, [widest, 0])
    first, last = figure.layout.xaxis.range
    narrowest = 150  # pixels, on a phone
    assert -first / (last - first) * narrowest > 1
