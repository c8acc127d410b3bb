"""Looks for secrets in all that a soak has written and shown, and proves that it would find one."""

import base64
import re
import secrets
import subprocess
import sys
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from psycopg2.sql import SQL, Identifier

from aha_pipeline.warehouse.connection import connect
from aha_pipeline_tests.kit.browser import launched
from aha_pipeline_tests.kit.identity_provider import SECRET as CLIENT_SECRET
from benchmarks.soak import pages
from benchmarks.soak.commands import Commands
from benchmarks.soak.waiting import wait_until
from benchmarks.soak.world import World

Seen = pages.Seen
BATCH = 500
PLANT = """mutation($at: ReportRunlessAssetEventsParams!) {
  reportRunlessAssetEvents(eventParams: $at) { __typename } }"""
PLANTED_ASSET = "planted"
RUN = """query($id: ID!) { runOrError(runId: $id) { ... on Run {
  runConfigYaml tags { key value }
  eventConnection(limit: 1000) { events { __typename
    ... on MessageEvent { message }
    ... on ErrorEvent { error { message stack errorChain { error { message stack } } } }
    ... on DisplayableEvent { description label metadataEntries { label description
      ... on TextMetadataEntry { text } ... on MarkdownMetadataEntry { mdStr }
      ... on JsonMetadataEntry { jsonString } ... on UrlMetadataEntry { url } } } } } } } }"""
TICKS = """{ repositoriesOrError { ... on RepositoryConnection { nodes {
  sensors { name sensorState { ticks(limit: 500) { status skipReason logKey
    error { message stack } } } }
  schedules { name scheduleState { ticks(limit: 500) { status skipReason
    error { message stack } } } } } } } }"""
ASSETS = """{ assetsOrError { ... on AssetConnection { nodes { key { path }
  assetMaterializations(limit: 20) { description message metadataEntries { label description
      ... on TextMetadataEntry { text } ... on MarkdownMetadataEntry { mdStr }
      ... on JsonMetadataEntry { jsonString } } } } } } }"""


class Scan:
    """Looks for secrets, each as it is, in base64, in hex and as part of an address."""

    def __init__(self, hidden: dict[str, str]) -> None:
        """Look for the values of `hidden`, whose names may be told."""
        self._names = {form: name for name, value in hidden.items() for form in _forms(value)}
        self._pattern = re.compile("|".join(map(re.escape, self._names)))
        self.found: set[tuple[str, str]] = set()
        self.looked: dict[str, list[int]] = {}

    def look(self, kind: str, texts: Iterable[Seen]) -> None:
        """Look into texts of a kind; `found` gets the name of a secret and where it was."""
        counts = self.looked.setdefault(kind, [0, 0])
        for where, text in texts:
            counts[0] += 1
            counts[1] += len(text)
            for match in self._pattern.finditer(text):
                self.found.add((self._names[match[0]], f"{kind}: {where}"))


def of(world: World, password: str) -> dict[str, str]:
    """Return every secret of a soak by its name."""
    services = world.services
    return {
        **services.secrets,
        "database password": password,
        "client secret of the login": CLIENT_SECRET,
        **{f"access token {n}": token for n, token in enumerate(services.zoho.issued(), 1)},
    }


def everything(scan: Scan, world: World, commands: Commands, *further: str) -> None:
    """Look into files, rows, command lines, the Dagster UI and the dashboard.

    `further`: paths of the Dagster UI that are opened besides.
    """
    runs = [run for (run,) in world.rows("select run_id from dagster.runs order by id desc")]
    failed = "select run_id from dagster.runs where status = 'FAILURE' order by id desc limit 10"
    shown = list(dict.fromkeys([*runs[:10], *(run for (run,) in world.rows(failed))]))
    scan.look("files", _files(world))
    scan.look("rows", _rows(world))
    scan.look("command lines", (("a process", command) for command in set(commands.seen)))
    scan.look("answers of Dagster", _answers(world, runs))
    with launched() as opened:
        scan.look("pages of Dagster", pages.dagster(opened, world.services, shown, *further))
        scan.look("pages of the dashboard", pages.dashboard(opened, world.services))


def blind_spots(world: World, commands: Commands) -> list[str]:
    """Plant a secret of its own in each kind of place, and return those in which it is not found.

    Beside the planted command line a process is started, beside the planted page an asset's event
    is kept and the company renamed: this belongs at the very end.
    """
    planted = secrets.token_hex(24)
    scan = Scan({"planted": planted})
    with (world.services.place.logs / "planted.log").open("w") as log:
        log.write(f"could not connect with {planted}\n")
    at = {
        "eventType": "ASSET_MATERIALIZATION",
        "assetKey": {"path": [PLANTED_ASSET]},
        "description": f"refused {planted}",
    }
    world.services.ask(PLANT, at=at)
    rename = "update crm.organisation set name = name || ' ' || %s returning 1"
    world.rows(rename, planted)
    pause = "import time; time.sleep(600)"
    shown = subprocess.Popen([sys.executable, "-c", pause, planted])
    wait_until(lambda: any(planted in one for one in set(commands.seen)), 30, "a process is seen")
    shown.kill()
    shown.wait()
    everything(scan, world, commands, f"/assets/{PLANTED_ASSET}?view=events")
    seen = {where.partition(":")[0] for _, where in scan.found}
    return sorted(scan.looked.keys() - seen)


def _forms(value: str) -> set[str]:
    raw = value.encode()
    encoded = base64.b64encode(raw).decode().rstrip("=")
    return {value, encoded, raw.hex(), quote(value, safe="")}


def _files(world: World) -> Iterator[Seen]:
    for path in world.services.place.written():
        yield path.name, path.read_text(encoding="utf-8", errors="replace")


def _rows(world: World) -> Iterator[Seen]:
    tables = world.rows(
        "select schemaname, tablename from pg_tables "
        "where schemaname not in ('pg_catalog', 'information_schema') order by 1, 2"
    )
    for schema, table in [*tables, ("pg_catalog", "pg_stat_activity")]:
        query = SQL("select t::text from {} t").format(Identifier(schema, table))
        with (
            connect(world.postgres.url) as connection,
            connection.cursor("soak") as cursor,
        ):
            cursor.itersize = BATCH
            cursor.execute(query)
            for (text,) in cursor:
                yield f"{schema}.{table}", text


def _answers(world: World, run_ids: list[str]) -> Iterator[Seen]:
    for query in (TICKS, ASSETS):
        yield "the whole graph", str(world.services.ask(query))
    for run_id in run_ids:
        yield f"run {run_id}", str(world.services.ask(RUN, id=run_id))
