"""What a first load will cost, before the first record is read: from Zoho's own counts."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from math import ceil

from aha_pipeline.assets.record_by_record import MODULES, allowed_credits
from aha_pipeline.calendar import start_of, today
from aha_pipeline.crm import budget, history
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.errors import ZohoError, ZohoUnavailable
from aha_pipeline.crm.metadata import count_records, read_fields
from aha_pipeline.crm.records_endpoint import field_batches
from aha_pipeline.services import Services
from aha_pipeline.warehouse.credits import SHARE
from aha_pipeline.warehouse.meanings import closed_values
from aha_pipeline.warehouse.record_emails import LEADS_WITHIN
from aha_pipeline.warehouse.record_history import CLOSED_WITHIN

log = logging.getLogger(__name__)

# Of each module: its fields, the page that shows the end, what changed meanwhile, the deletions.
CREDITS_BESIDE_PAGES = budget.METADATA + 2 * budget.LIST + budget.DELETED


@dataclass(frozen=True)
class LoadPlan:
    """How many records there are, by module, and what reading them and their history will cost.

    `timelines` are records whose own history is worth a call, `emails` those whose e-mails are.
    Credits of 24 hours: `a_day` for all, of them `history_a_day` for history and e-mails.
    """

    records: dict[str, int]
    load_credits: int
    timelines: int
    history_credits: int
    a_day: int
    history_a_day: int
    emails: int = 0

    @property
    def credits(self) -> int:
        """The API credits in all."""
        return self.load_credits + self.history_credits + self.emails * budget.EMAILS

    @property
    def days(self) -> int:
        """The days it takes: the records first, and history within its own share."""
        beside = self.history_credits + self.emails * budget.EMAILS
        of_history = ceil(beside / self.history_a_day) if self.history_a_day else 0
        return max(ceil(self.load_credits / self.a_day), of_history, 1)

    @property
    def sentence(self) -> str:
        """The plan in a sentence."""
        with_history = " and their history: open deals first" if self.history_credits else ""
        return (
            f"{sum(self.records.values()):,} records{with_history}. About {self.credits:,} API "
            f"credits, {duration_phrase(self.days)}."
        )


def duration_phrase(days: int) -> str:
    """Return over how long something goes, in words."""
    return "within a day" if days <= 1 else f"over {days} days"


def plan(services: Services, modules: Collection[str]) -> LoadPlan | None:
    """Return the plan of a first load of these modules, at two to three credits a module.

    None where Zoho does not count. Raises ZohoUnavailable, and TokenRefused.
    """
    client = services.zoho()
    try:
        return _plan(services, client, modules)
    except ZohoUnavailable:
        raise
    except ZohoError as error:
        log.info("Zoho does not count, so a first load is not planned: %s", error)
        return None
    finally:
        client.release_unused()


def _plan(services: Services, client: ZohoClient, modules: Collection[str]) -> LoadPlan:
    records = {m: count_records(client, m, is_converted_too=m == "Leads") for m in modules}
    settings = services.settings
    timelines = rows = emails = 0
    if settings.zoho_history_share:
        timelines = sum(_timelines(services, client, m) for m in MODULES if m in modules)
        rows = _tracker_credits(client, modules)
        emails = _emails(services, client) if {"Calls", *MODULES} <= {*modules} else 0
    return LoadPlan(
        records,
        sum(_load_credits(client, module, number) for module, number in records.items()),
        timelines,
        timelines * budget.TIMELINE + rows,
        settings.zoho_daily_credits or services.daily_credits // SHARE,
        allowed_credits(services),
        emails,
    )


def _load_credits(client: ZohoClient, module: str, number: int) -> int:
    batches = 1
    if field_batches((), client.version) != ((),):
        names = [row["api_name"] for row in read_fields(client, module)]
        batches = len(field_batches(names, client.version))
    # A page begins with the last second of the one before.
    return ceil(number / (client.per_page - 1)) * batches * budget.LIST + CREDITS_BESIDE_PAGES


def _emails(services: Services, client: ZohoClient) -> int:
    """Return of how many records the e-mails are worth a call: leads of 90 days, open deals."""
    since = start_of(today(services.settings) - LEADS_WITHIN, services.settings)
    lately = f"(Created_Time:greater_equal:{since.isoformat()})"
    open_deals = count_records(client, "Deals") - count_records(
        client, "Deals", _closed(services, "Deals")
    )
    return open_deals + count_records(client, "Leads", lately)


def _closed(services: Services, module: str) -> str:
    """Return the criterion of the closed records of a module."""
    field = "Stage" if module == "Deals" else "Lead_Status"
    with services.connect() as connection:
        return f"({field}:in:{','.join(map(_escaped, closed_values(connection, module)))})"


def _timelines(services: Services, client: ZohoClient, module: str) -> int:
    """Return of how many records the timeline is worth a call: open ones, deals closed lately."""
    closed = _closed(services, module)
    every, all_closed = count_records(client, module), count_records(client, module, closed)
    if module != "Deals":
        return every - all_closed
    since = today(services.settings) - CLOSED_WITHIN
    lately = f"({closed}and(Closing_Date:greater_equal:{since}))"
    return every - all_closed + count_records(client, module, lately)


def _tracker_credits(client: ZohoClient, modules: Collection[str]) -> int:
    credits = budget.METADATA
    for tracker in history.find_trackers(client):
        if tracker.module in modules and tracker.module in MODULES:
            pages = max(ceil(count_records(client, tracker.name) / history.QUERY_ROWS), 1)
            credits += pages * budget.COQL_OF_2000_ROWS + budget.METADATA
    return credits


def _escaped(value: str) -> str:
    """Return a value as a criterion takes it: brackets, commas and backslashes are escaped."""
    return "".join(f"\\{c}" if c in "(),\\" else c for c in value)
