"""How far back the past is known, said in a sentence."""

from datetime import date
from decimal import Decimal

import pytest

from aha_pipeline.warehouse.history_known import sentence

MARCH, JUNE = date(2026, 3, 3), date(2026, 6, 1)


def row(known_by: str, day: date, value: str | None, records: str = "50") -> dict:
    """Return a row of the mart about the open deals."""
    return {
        "entity": "deal",
        "scope": "open",
        "known_by": known_by,
        "known_from": day,
        "value_pct": None if value is None else Decimal(value),
        "records_pct": Decimal(records),
    }


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "No open deals."),
        (
            [row("zoho_history", MARCH, "40.5"), row("watched", JUNE, "59.5")],
            "History known back to 3 Mar 2026 for all of the open value.",
        ),
        (
            [row("zoho_history", MARCH, "71.9"), row("assumed", JUNE, "28.1")],
            "History known back to 3 Mar 2026 for 71% of the open value, and back to 1 Jun 2026 "
            "for all; earlier values are assumed.",
        ),
        (
            [row("assumed", JUNE, "100")],
            "History known back to 1 Jun 2026 for all of the open value; earlier values are "
            "assumed.",
        ),
        *(
            (
                [row("watched", known, "60"), row("assumed", day, "40")],
                f"History known back to {day:%-d %b %Y} for all of the open value; earlier values "
                "are assumed.",
            )
            for known, day in ((MARCH, MARCH), (JUNE, JUNE), (JUNE, MARCH))
        ),
        (
            [row("watched", MARCH, "100"), row("assumed", JUNE, "0")],
            "History known back to 3 Mar 2026 for all of the open value.",
        ),
        (
            [row("watched", MARCH, None, "25"), row("assumed", JUNE, None, "75")],
            "History known back to 3 Mar 2026 for 25% of the open deals, and back to 1 Jun 2026 "
            "for all; earlier values are assumed.",
        ),
    ],
)
def test_it_says_the_share_and_the_rest(rows: list[dict], says: str) -> None:
    assert sentence(rows) == says


def test_only_open_deals_are_told_of() -> None:
    others = [row("assumed", JUNE, "100") | {"scope": "all"}, row("assumed", JUNE, "0")]
    assert sentence([others[0] | {"entity": "lead"}]) == "No open deals."
    assert sentence(others) == sentence(others[1:])
