"""What the pages of a rep and of a source read, beside sums in plain Python over the records."""

from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql
from aha_pipeline.warehouse.connection import connect_reader
from aha_pipeline_tests.dashboard.company import TODAY

Rows = list[dict]
NOBODY = dict.fromkeys(("sources", "owners", "team_sources", "team_owners"))


@pytest.fixture(scope="module")
def ask(filled_url: str) -> Callable[..., Rows]:
    def asked(text: str, **parameters: object) -> Rows:
        with (
            connect_reader(filled_url) as connection,
            connection.cursor(cursor_factory=RealDictCursor) as cursor,
        ):
            cursor.execute(text, parameters or None)
            return [dict(row) for row in cursor]

    return asked


@pytest.mark.parametrize("narrowed", [{"owners": ["2"]}, {"sources": ["Referral"]}])
def test_months_are_those_of_the_records(ask, narrowed):
    rows = ask(sql.read("dashboard/months"), last_day=TODAY, today=TODAY, **{**NOBODY, **narrowed})
    leads = ask("select day, source, owner_id, meaning from analytics.leads")
    deals = ask("select closed_day, source, owner_id, meaning from analytics.deals")
    own = Counter()
    team = Counter()
    for day, what, record in [
        *((row["day"], f"lead {row['meaning']}", row) for row in leads),
        *((row["closed_day"], row["meaning"], row) for row in deals if row["closed_day"]),
    ]:
        if day <= TODAY:
            team[day.replace(day=1), what] += 1
            kept = narrowed.get("owners") or [record["owner_id"]]
            from_ = narrowed.get("sources") or [record["source"]]
            own[day.replace(day=1), what] += (
                record["owner_id"] in kept and record["source"] in from_
            )
    assert [row["month"] for row in rows][-3:] == [date(2026, m, 1) for m in (1, 2, 3)]
    assert len(rows) == 12
    for row in rows:
        month = row["month"]
        created = {what: n for (when, what), n in own.items() if when == month and "lead" in what}
        assert row["new_leads"] == sum(created.values())
        assert row["junk_leads"] == created.get("lead junk", 0)
        assert (row["won_deals"], row["closed_deals"]) == (
            own[month, "won"],
            own[month, "won"] + own[month, "lost"],
        )
        closed = team[month, "won"] + team[month, "lost"]
        rate = 100 * team[month, "won"] / closed if closed else None
        assert row["team_win_rate"] == (rate if rate is None else pytest.approx(rate))


@pytest.mark.parametrize("owner", ["1", "2", "nobody"])
def test_standing_is_that_of_the_open_deals(ask, owner):
    [row] = ask(sql.read("dashboard/standing"), sources=None, owners=[owner])
    deals = ask("select * from analytics.deals where meaning = 'open'")
    slipping = {deal["id"]: deal for deal in ask("select * from analytics.slipping_deals")}

    def worth(of: Rows) -> object:
        return sum(deal["amount"] or 0 for deal in of)

    own = [deal for deal in deals if deal["owner_id"] == owner]
    late = [deal for deal in own if deal["id"] in slipping and slipping[deal["id"]]["is_overdue"]]
    assert (row["open_deals"], row["open_value"]) == (len(own), worth(own))
    assert row["overdue_deals"] == len(late)
    share = 100 * worth(late) / worth(own) if worth(own) else None
    assert row["overdue_pct"] == (share if share is None else pytest.approx(share))
    all_late = [deal for deal in deals if slipping.get(deal["id"], {}).get("is_overdue")]
    assert row["team_overdue_pct"] == pytest.approx(100 * worth(all_late) / worth(deals))
