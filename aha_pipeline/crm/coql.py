"""The ids of one second, by key and not by page: for more records than a list call reaches.

Source: Zoho CRM API, "COQL": criteria are bracketed in pairs, times are quoted with their offset,
and a query answers 200 rows at most in v2.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from aha_pipeline.crm import budget
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.errors import ModuleUnreadable, ZohoRefused

ROWS = 200


def ids_between(
    client: ZohoClient, module: str, start: datetime | None, seconds: timedelta
) -> Iterator[str]:
    """Yield the ids of records modified in the `seconds` from `start`, in order of id.

    `start` None: of records that have no Modified_Time. Raises ZohoRefused where the token may not
    ask, and the other ZohoErrors.
    """
    last = "0"
    while True:
        criteria = f"({_period(start, seconds)} and id > {last})"
        query = f"select id from {module} where {criteria} order by id asc limit {ROWS}"  # noqa: S608
        try:
            answer = client.post(
                "coql", {"select_query": query}, module=module, credits=budget.COQL
            )
        except (ModuleUnreadable, ZohoRefused) as error:
            raise ZohoRefused(
                f"{module} has more records in one second ({start}) than Zoho lists, and they "
                f"cannot be asked for by id: grant the scope ZohoCRM.coql.READ ({error})"
            ) from None
        rows = answer.body.get("data", []) if answer else []
        yield from (str(row["id"]) for row in rows)
        if not (rows and answer.body.get("info", {}).get("more_records")):
            return
        last = str(rows[-1]["id"])


def _period(start: datetime | None, seconds: timedelta) -> str:
    if start is None:
        return "Modified_Time is null"
    end = (start + seconds).isoformat(timespec="seconds")
    begin = start.isoformat(timespec="seconds")
    return f"(Modified_Time >= '{begin}' and Modified_Time < '{end}')"
