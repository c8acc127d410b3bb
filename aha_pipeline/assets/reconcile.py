"""Reconcile a whole module with Zoho, and the checks that show the result.

A full read finds what no incremental read can: a record restored or made visible without a new
Modified_Time, a formula's new value, a record that vanished without an entry in the list of
deletions. A record that the full read does not return is fetched by id before it is marked deleted.
"""

from datetime import datetime, timedelta
from typing import Any

import dagster as dg
from psycopg2.extensions import connection as Connection

from aha_pipeline.assets.extract_load import extract
from aha_pipeline.assets.modules import module_key
from aha_pipeline.assets.persisted_checks import persisted_check
from aha_pipeline.calendar import start_of
from aha_pipeline.crm.errors import CreditsSpent, ZohoError
from aha_pipeline.crm.metadata import count_records
from aha_pipeline.crm.reading.clock import COMMIT_LAG
from aha_pipeline.services import Services
from aha_pipeline.warehouse.certificate import (
    EQUAL,
    HEALED,
    REFUSED,
    Certificate,
    certify,
    count_as_zoho,
    count_live_records,
    latest,
    read_until,
)
from aha_pipeline.warehouse.landing import LoadResult, Window

CERTIFICATE = "certificate"
COUNT = "count"
# If more records than both of these vanish at once, the API user probably lost rights in Zoho.
MAX_VANISHED_SHARE = 0.2
MAX_VANISHED = 50


def reconcile(services: Services, module: str, run_id: str) -> Certificate:
    """Compare every record of a module with Zoho, heal what differs, and store the certificate.

    An error from Zoho becomes the verdict `refused`, with its reason. Raises DatabaseUnreachable
    or psycopg2.Error.
    """
    with services.connect() as connection:
        since = read_until(connection, module, COMMIT_LAG)
        here = count_live_records(connection, module) if since else 0
    try:
        certificate = _full_read(services, module, run_id, since, here)
    except ZohoError as error:
        certificate = Certificate(run_id, module, REFUSED, records_here=here, reason=str(error))
    with services.connect() as connection:
        certify(connection, certificate)
    return certificate


def _full_read(
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
    with extract(services, window, resume=False) as extracted:
        if extracted.reader.stop_reason:
            raise CreditsSpent(extracted.reader.stop_reason)
        landing, now = extracted.landing, extracted.now
        missing = landing.missing_ids()
        existing = extracted.stage_by_id([*missing, *landing.uncertain_deletions(now)])
        vanished = [id_ for id_ in missing if id_ not in existing]
        withheld = _too_many_vanished(len(vanished), here)
        if not withheld:
            landing.stage_deletions((id_, "missing", now) for id_ in vanished)
        differences = landing.count_differences(since, existing)
        # No `read_until`: only the daily sync marks days as read.
        load = extracted.finish(services, existing, read_until=None)
    with services.connect() as connection:
        live = count_live_records(connection, module)
    healed = sum(differences.values())
    reason = withheld or _lost_fields(load)
    return Certificate(
        run_id,
        module,
        REFUSED if reason else HEALED if healed else EQUAL,
        records_in_crm=live - (len(vanished) if withheld else 0),
        records_here=here,
        healed=healed,
        reason=reason,
        missing=differences["missing"],
        stale=differences["stale"],
        extra=differences["extra"],
    )


def _too_many_vanished(vanished: int, here: int) -> str | None:
    if vanished <= max(MAX_VANISHED, here * MAX_VANISHED_SHARE):
        return None
    return (
        f"Zoho shows {vanished:,} of the {here:,} records no more and lists no deletion of them: "
        "perhaps its user lost rights. Nothing was marked as deleted; look in Zoho, give the "
        "user its rights back or delete the rows here, and reconcile again."
    )


def _lost_fields(load: LoadResult) -> str | None:
    """Return why fields that figures rest on cannot be compared; None where there are none."""
    lost = ", ".join(field.api_name for field in load.unserved if field.carries_marts)
    if not lost:
        return None
    return (
        f"Zoho serves {lost} no more, so nobody can tell whether the values here are still right. "
        "They are kept; give Zoho's user the right to see them again, and reconcile again."
    )


def certificate_check(module: str) -> dg.AssetChecksDefinition:
    """Return the check that shows a module's latest certificate; it reads one row."""

    @persisted_check(
        module_key(module),
        CERTIFICATE,
        "The last full comparison with Zoho, by the job `reconcile`.",
    )
    def check(_: Services, connection: Connection) -> dg.AssetCheckResult:
        return dg.AssetCheckResult(**check_result_arguments(latest(connection, module)))

    return check


def check_result_arguments(certificate: Certificate | None) -> dict[str, Any]:
    """Return a certificate as the arguments of an AssetCheckResult: all but `refused` pass."""
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
    """Return the check that compares our number of records with Zoho's; it costs one API call."""

    @persisted_check(
        module_key(module),
        COUNT,
        "Zoho's own count of the module against the live records here. Which records "
        "Zoho leaves out is not documented: all, those not converted, or those approved too.",
    )
    def check(services: Services, connection: Connection) -> dg.AssetCheckResult:
        try:
            client = services.zoho()
            counted = count_records(client, module)
            client.release_unused()
        except ZohoError as error:
            return _count_failed(str(error))
        live = count_as_zoho(connection, module, counted)
        agrees = [name for name, number in live.items() if number == counted]
        words = {name: name.replace("_", " ") for name in live}
        return dg.AssetCheckResult(
            passed=bool(agrees),
            severity=dg.AssetCheckSeverity.WARN,
            description=f"Zoho counts {counted:,}: {words[agrees[0]]} here."
            if agrees
            else f"Zoho counts {counted:,}, here live {live['all_records']:,}: "
            "`aha reconcile` finds the difference.",
            metadata={"Zoho": counted} | {words[name]: n for name, n in live.items()},
        )

    return check


def _count_failed(why: str) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=False,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"Zoho's count could not be read: {why} "
        "It needs the scope ZohoSearch.securesearch.READ.",
    )
