"""What Zoho's own history costs, by each way, as the sandbox itself counts the credits."""

from datetime import UTC, datetime
from random import Random
from threading import Event
from time import perf_counter

from aha_pipeline.crm import history as own
from aha_pipeline.crm.access_token import TokenSource
from aha_pipeline.crm.client import ZohoClient
from benchmarks.leads import REPS, SEED
from benchmarks.served import start_empty
from zoho_sandbox.server import Sandbox
from zoho_sandbox.zoho.fields import LEAD_STATUSES, STAGES
from zoho_sandbox.zoho.history import TRACKERS

DEALS, LEADS_A_DEAL = 10_000, 10
MOVES = {"Deals": (2, 3), "Leads": (1, 2)}  # after the creation; rows: 3.5 a deal, 2.5 a lead
VALUES = {"Deals": ("Stage", tuple(STAGES)), "Leads": ("Lead_Status", LEAD_STATUSES)}
YEAR = 365 * 86_400
TIMELINES = 1_000  # asked for one by one, of each module: each is one credit


def history(records: int = DEALS) -> None:
    """Print the credits of the history of so many deals and ten times as many leads."""
    with start_empty() as sandbox:
        sandbox.switches.trackers = set(TRACKERS)
        sandbox.switches.tokens_per_window = 10**6
        tokens = TokenSource(sandbox.url, "id", "secret", "refresh")
        client = ZohoClient(tokens, api_url=sandbox.url, concurrency=1)
        print("| module | records | way | credits | seconds |\n|---|---:|---|---:|---:|")
        for module, number in (("Deals", records), ("Leads", records * LEADS_A_DEAL)):
            ids = _live(sandbox, module, number)
            tracker = own.Tracker(TRACKERS[module].name, module)
            for way, is_queried in (("queries", True), ("lists", False)):
                sandbox.switches.coql = is_queried
                before, began = sandbox.credits.spent, perf_counter()
                rows = sum(len(page.rows) for page in own.read_tracker(client, tracker, None))
                told = f"tracker by {way} ({rows:,} rows)"
                _row(module, number, told, sandbox.credits.spent - before, perf_counter() - began)
            before, began = sandbox.credits.spent, perf_counter()
            some = ids[:TIMELINES]
            for id_ in some:
                own.read_timeline(client, module, id_, Event())
            each = (sandbox.credits.spent - before) / len(some)
            told = f"timelines (measured on {len(some):,})"
            _row(module, number, told, round(each * number), perf_counter() - began)


def _row(module: str, number: int, way: str, credits: int, seconds: float) -> None:
    print(f"| {module} | {number:,} | {way} | {credits:,} | {seconds:.0f} |", flush=True)


def _live(sandbox: Sandbox, module: str, number: int) -> list[str]:
    """Make records and let each move on some times within a year; return their ids."""
    rng, now = Random(f"{SEED}/{module}"), datetime.now(UTC).timestamp()
    name, values = VALUES[module]
    ids = []
    for n in range(number):
        at = now - rng.uniform(0.1, 1) * YEAR
        made = {"Last_Name": f"x {n}", "Owner": rng.choice(REPS), name: rng.choice(values)}
        ids.append(sandbox.store.create(module, made, at))
        for _ in range(rng.randint(*MOVES[module])):
            at += rng.uniform(0.01, 0.3) * (now - at)
            sandbox.store.edit(module, ids[-1], {name: rng.choice(values)}, at)
    return ids
