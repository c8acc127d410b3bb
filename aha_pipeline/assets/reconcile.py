"""Compare a whole module with Zoho, heal what differs, and certify it; and the checks that show it.

A sweep reads every record, so it finds what no incremental read can see: a record restored or made
visible without a new Modified_Time, a formula's new value, one that vanished unlisted. A record
that the sweep does not show is asked for by its id before it is taken for deleted.
"""

from datetime import datetime, timedelta

import dagster as dg
from psycopg2.extensions import connection as Connection

from aha_pipeline.assets.kept import kept_check
from aha_pipeline.assets.land import staged
from aha_pipeline.assets.modules import module_key
from aha_pipeline.automation.days import start_of
from aha_pipeline.crm.errors import CreditsSpent, ZohoError
from aha_pipeline.crm.metadata import count_records
from aha_pipeline.crm.reading import COMMIT_LAG
from aha_pipeline.services import Services
from aha_pipeline.warehouse.certificate import (
    EQUAL,
    HEALED,
    REFUSED,
    Certificate,
    certify,
    count_living,
    latest,
    read_until,
)
from aha_pipeline.warehouse.landing import Window

CERTIFICATE = "certificate"
COUNT = "count"
# More records than this share, and this number, do not vanish unlisted: rights were lost.
VANISHED_SHARE = 0.2
VANISHED = 50


def reconcile(services: Services, module: str, run_id: str) -> Certificate:
    """Sweep one module and return its certificate, which is stored too.

    What Zoho or the database does not let us do is a verdict `refused`, with the reason.
    """
    with services.connect() as connection:
        since = read_until(connection, module, COMMIT_LAG)
        here = count_living(connection, module)["all_records"] if since else 0
    try:
        certificate = _swept(services, module, run_id, since, here)
    except ZohoError as error:
        certificate = Certificate(run_id, module, REFUSED, records_here=here, reason=str(error))
    with services.connect() as connection:
        certify(connection, certificate)
    return certificate


def _swept(
    services: Services, module: str, run_id: str, since: datetime | None, here: int
) -> Certificate:
    settings = services.settings
    window = Window(
        run_id,
        module,
        start_of(settings.aha_start_date, settings),
        datetime.now(settings.zone) + timedelta(days=1),
        from_the_beginning=True,
        is_open=True,
    )
    with staged(services, window, resume=False) as read:
        if read.reading.stopped:
            raise CreditsSpent(read.reading.stopped)
        unseen, doubtful = read.landing.unseen(), read.landing.doubtful(read.now)
        alive = read.ask([*unseen, *doubtful])
        gone = [id_ for id_ in unseen if id_ not in alive]
        reason = _too_many(len(gone), here)
        if not reason:
            read.landing.stage_deletions((id_, "missing", read.now) for id_ in gone)
        found = read.landing.compared(since, alive)
        # No `read_until`: a sweep certifies; the days are the daily sync's to tick off.
        read.finish(services, alive, read_until=None)
    with services.connect() as connection:
        living = count_living(connection, module)["all_records"]
    healed = sum(found.values())
    return Certificate(
        run_id,
        module,
        REFUSED if reason else HEALED if healed else EQUAL,
        records_in_crm=living - (len(gone) if reason else 0),
        records_here=here,
        healed=healed,
        reason=reason,
        **found,
    )


def _too_many(gone: int, here: int) -> str | None:
    if gone <= max(VANISHED, here * VANISHED_SHARE):
        return None
    return (
        f"Zoho shows {gone:,} of the {here:,} records no more and lists no deletion of them: "
        "perhaps its user lost rights. Nothing was marked as deleted; look in Zoho, give the "
        "user its rights back or delete the rows here, and reconcile again."
    )


def certificate_check(module: str) -> dg.AssetChecksDefinition:
    """Return the check that shows the newest certificate of a module; it reads one row."""

    @kept_check(
        module_key(module),
        CERTIFICATE,
        "The last full comparison with Zoho, by the job `reconcile`.",
    )
    def check(_: Services, connection: Connection) -> dg.AssetCheckResult:
        return dg.AssetCheckResult(**verdict(latest(connection, module)))

    return check


def verdict(certificate: Certificate | None) -> dict[str, object]:
    """Return what an asset check says of a certificate: anything but a refusal passes."""
    if certificate is None:
        return {
            "passed": False,
            "severity": dg.AssetCheckSeverity.WARN,
            "description": "Not certified yet: `aha reconcile` or the weekly schedule does it.",
        }
    return {
        "passed": certificate.verdict != REFUSED,
        "severity": dg.AssetCheckSeverity.WARN,
        "description": certificate.sentence,
        "metadata": {
            "verdict": certificate.verdict,
            "records in Zoho": certificate.records_in_crm,
            "records here before": certificate.records_here,
            "missing": certificate.missing,
            "stale": certificate.stale,
            "extra": certificate.extra,
        },
    }


def count_check(module: str) -> dg.AssetChecksDefinition:
    """Return the check that compares the number of records with Zoho's; it costs one call."""

    @kept_check(
        module_key(module),
        COUNT,
        "Zoho's own count of the module against the living records here. Which records "
        "Zoho leaves out is not documented: all, those not converted, or those approved too.",
    )
    def check(opened: Services, connection: Connection) -> dg.AssetCheckResult:
        try:
            client = opened.zoho()
            counted = count_records(client, module)
            client.give_back()
        except ZohoError as error:
            return _uncounted(str(error))
        living = count_living(connection, module)
        agrees = [name for name, number in living.items() if number == counted]
        words = {name: name.replace("_", " ") for name in living}
        return dg.AssetCheckResult(
            passed=bool(agrees),
            severity=dg.AssetCheckSeverity.WARN,
            description=f"Zoho counts {counted:,}: {words[agrees[0]]} here."
            if agrees
            else f"Zoho counts {counted:,}, here live {living['all_records']:,}: "
            "`aha reconcile` finds the difference.",
            metadata={"Zoho": counted} | {words[name]: n for name, n in living.items()},
        )

    return check


def _uncounted(why: str) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=False,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"Zoho's count could not be read: {why} "
        "It needs the scope ZohoSearch.securesearch.READ.",
    )
