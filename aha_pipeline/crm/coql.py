"""The ids of one second, by key instead of by page: for more records than a list call reaches.

Source: Zoho CRM API, "COQL": conditions are bracketed in pairs, times are quoted with their
offset, and a query returns 200 rows at most in v2.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from aha_pipeline.crm import budget
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.errors import ModuleUnreadable, ZohoRefused
from aha_pipeline.crm.responses import check_page, has_more

MAX_ROWS = 200


def ids_modified_within(
    client: ZohoClient, module: str, start: datetime | None, length: timedelta
) -> Iterator[str]:
    """Yield the ids of records modified from `start` until `length` later, in order of id.

    `start` None: of records that have no Modified_Time. Raises ZohoRefused if the token may not
    query, and the other ZohoErrors.
    """
    last_id = "0"
    while True:
        condition = f"({_time_condition(start, length)} and id > {last_id})"
        query = f"select id from {module} where {condition} order by id asc limit {MAX_ROWS}"  # noqa: S608
        try:
            response = client.post(
                "coql",
                {"select_query": query},
                module=module,
                credits=budget.COQL,
                validate=check_page,
            )
        except (ModuleUnreadable, ZohoRefused) as error:
            raise ZohoRefused(
                f"{module} has more records in one second ({start}) than Zoho lists, and they "
                f"cannot be asked for by id: grant the scope ZohoCRM.coql.READ ({error})"
            ) from None
        rows = response.body["data"] if response else []
        yield from (str(row["id"]) for row in rows)
        if response is None or not rows or not has_more(response):
            return
        last_id = str(rows[-1]["id"])


def _time_condition(start: datetime | None, length: timedelta) -> str:
    if start is None:
        return "Modified_Time is null"
    end = (start + length).isoformat(timespec="seconds")
    begin = start.isoformat(timespec="seconds")
    return f"(Modified_Time >= '{begin}' and Modified_Time < '{end}')"
