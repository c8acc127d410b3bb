"""What must hold at the end of a soak: every record, every day, one briefing and message a day."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from aha_pipeline.crm.reading.clock import COMMIT_LAG
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.state import unread_ranges
from benchmarks.soak.world import ZONE, World

TABLES = {
    "Leads": "leads_raw",
    "Deals": "crm_deals",
    "Contacts": "crm_contacts",
    "Accounts": "crm_accounts",
}


@dataclass(frozen=True)
class Check:
    """One thing that must hold: what was found and what must be."""

    name: str
    found: object
    wanted: object

    @property
    def holds(self) -> bool:
        """Whether it is as it must be."""
        return self.found == self.wanted


def check(world: World, days: list[date]) -> list[Check]:
    """Let all be well and the company rest, reconcile twice, and compare; return what was found."""
    world.services.zoho.throw(fault_rate=0.0)
    world.services.zoho.ask("rest")
    reconciled = [world.services.aha("reconcile") for _ in range(2)]
    world.services.zoho.ask("truth")
    return [
        Check("exit status of two reconciles", reconciled, [0, 0]),
        Check("the last certificate", _certificate(world), dict.fromkeys(TABLES, "equal")),
        *_records(world),
        *_days(world, days),
        *_messages(world, days),
    ]


def incidents(world: World) -> dict[str, int]:
    """Return how many incidents there were by kind, and the messages that told them."""
    kinds = "select kind, count(*) from analytics.incidents group by kind order by kind"
    told = "select count(*) from analytics.whatsapp_deliveries where incident_id is not null"
    return dict(world.rows(kinds)) | {"notices": world.one(told)}


def refusals(world: World) -> list[tuple]:
    """Return day, module and reason of each certificate that was refused on the way."""
    return world.rows(
        "select checked_at::date, module, reason from crm.reconciliations "
        "where verdict = 'refused' order by checked_at"
    )


def _certificate(world: World) -> dict[str, str]:
    return dict(
        world.rows(
            "select distinct on (module) module, verdict from crm.reconciliations "
            "order by module, checked_at desc"
        )
    )


def _records(world: World) -> Iterator[Check]:
    truth = json.loads((world.services.place.private / "truth.json").read_text())
    missing = extra = different = alive = 0
    for module, table in TABLES.items():
        query = f"select id, raw_data from crm.{table} where deleted_at is null"
        here, there = dict(world.rows(query)), truth[module]
        alive += len(here)
        missing += len(there.keys() - here.keys())
        extra += len(here.keys() - there.keys())
        different += sum(here[id_] != there[id_] for id_ in here.keys() & there.keys())
    yield Check("records in the CRM", alive, sum(len(records) for records in truth.values()))
    yield Check("records missing", missing, 0)
    yield Check("records too many", extra, 0)
    yield Check("records that say something else", different, 0)


def _days(world: World, days: list[date]) -> Iterator[Check]:
    since, until = (datetime.combine(day, time(), ZONE) for day in (days[0], days[-1]))
    with connect(world.postgres.url) as connection:
        gaps = unread_ranges(connection, list(TABLES), since, until, lag=COMMIT_LAG)
    yield Check("stretches that were not read", len(gaps), 0)
    read = world.rows(
        "select asset_key, count(distinct partition) from dagster.event_logs "
        "where dagster_event_type = 'ASSET_MATERIALIZATION' and partition = any(%s) "
        "group by asset_key order by asset_key",
        [day.isoformat() for day in days],
    )
    found = {json.loads(key)[-1]: count for key, count in read}
    wanted = dict.fromkeys([*TABLES.values(), "kpis"], len(days))
    yield Check("partitions by asset", {name: found.get(name) for name in wanted}, wanted)


def _messages(world: World, days: list[date]) -> Iterator[Check]:
    told_of = [day - timedelta(days=1) for day in days]
    briefings = world.rows("select day, count(*) from analytics.ai_briefings_log group by day")
    yield Check("briefings", len(briefings), len(days))
    yield Check("days with one briefing", dict(briefings) == dict.fromkeys(told_of, 1), True)
    ledger = dict(
        world.rows(
            "select message_sid, case when briefing_id is not null then day end "
            "from analytics.whatsapp_deliveries"
        )
    )
    lines = (world.services.place.private / "outbox.jsonl").read_text().splitlines()
    sids = [json.loads(line)["sid"] for line in lines]
    told = sorted(ledger[sid] for sid in sids if ledger.get(sid))
    yield Check("messages of briefings in the outbox", len(told), len(days))
    yield Check("days with one message", told == told_of, True)
    yield Check("messages in the outbox that no row knows", len(set(sids) - ledger.keys()), 0)
    waiting = "select count(*) from analytics.whatsapp_deliveries where status not in "
    waiting += "('delivered', 'read')"
    yield Check("messages without a good end", world.one(waiting), 0)
    is_open = "select count(*) from analytics.incidents where closed_at is null"
    yield Check("incidents that are open", world.one(is_open), 0)
