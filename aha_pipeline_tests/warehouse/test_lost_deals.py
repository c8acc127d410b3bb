"""Why deals were lost."""

import pytest

from aha_pipeline_tests.warehouse.marts_company import build, company, deal, ist, put, rows


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ("-", "Price", "Price"),
        ("\u00a0", "Price", "Price"),
        ("n/a", "Price", "Price"),
        ("\u2003Too\u00a0 late ", "Price", "Too late"),
        ("None", " ", None),
        (None, None, None),
    ],
)
def test_a_reason_that_says_nothing_is_none(database_url, first, second, reason):
    fields = {"Lost_Reason": first, "Reason_For_Loss__s": second}
    with company(database_url) as connection:
        put(connection, "Deals", deal(1, ist("2025-03-01 10:00:00"), "Closed Lost", **fields))
        build(connection)
        assert [row["reason"] for row in rows(connection, "lost_deals")] == [reason]
