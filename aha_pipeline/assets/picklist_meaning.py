"""The asset `crm/picklist_meaning`: what each lead status and deal stage means."""

import logging
from collections.abc import Sequence
from datetime import timedelta

import dagster as dg
from psycopg2.extensions import connection as Connection

from aha_pipeline.assets import columns, step_order
from aha_pipeline.assets.markdown import table
from aha_pipeline.assets.modules import GROUP, module_key
from aha_pipeline.assets.persisted_checks import persisted_check
from aha_pipeline.crm.company_profile import read_company_profile
from aha_pipeline.crm.errors import ZohoError
from aha_pipeline.services import Services
from aha_pipeline.warehouse.business_hours import derive_hours
from aha_pipeline.warehouse.company import held_contradictions, is_profile_older, save_profile
from aha_pipeline.warehouse.meaning_file import MEANINGS
from aha_pipeline.warehouse.meanings import derive_meanings, lookalikes, unmapped_values
from aha_pipeline.warehouse.targets import save_holidays
from aha_pipeline.warehouse.user_file import UserFileError, line_for

KEY = dg.AssetKey([GROUP, "picklist_meaning"])
FILE = "picklist_meaning.csv"
ALIASES_FILE = "picklist_alias.csv"
HOLIDAYS_FILE = "holidays.csv"
HOURS_FILE = "business_hours.csv"
HOURS_TABLES = ("crm.business_hours", "crm.holidays")
USERS_TABLE = "crm.users"
LABELS_TABLE = "crm.text_labels"
UNMAPPED = "unmapped_values"
LOOKALIKES = "lookalike_values"
COMPANY_SETTINGS = "company_settings"
MAX_PROFILE_AGE = timedelta(hours=20)  # so that a sync at the same hour reads it every day

log = logging.getLogger(__name__)


def meaning_asset(modules: Sequence[str]) -> dg.AssetsDefinition:
    """Return the asset of `crm.picklist_meaning`; `modules` are those that are read."""

    @dg.asset(
        key=KEY,
        description="What each lead status and deal stage means: as Zoho ships it, as the "
        f"organisation's own metadata says, or as the file {FILE} in AHA_HOME corrects it. With it "
        f"come the labels of all values, {LABELS_TABLE}: one for all spellings of a value, and for "
        f"its other names as in {ALIASES_FILE}. And when the company works: {HOURS_TABLES[0]}, of "
        f"Zoho or of {HOURS_FILE}, and {HOURS_TABLES[1]}, of Zoho and of {HOLIDAYS_FILE}; and who "
        f"still works there, {USERS_TABLE}.",
        deps=[module_key(module) for module in modules if module in MEANINGS],
        group_name=GROUP,
        kinds={"postgresql", "sql"},
        owners=["team:sales"],
        op_tags=step_order.CORE,
    )
    def picklist_meaning(services: dg.ResourceParam[Services]) -> dg.MaterializeResult:
        _read_profile(services)
        try:
            with services.connect() as connection:
                home = services.settings.home
                rows = derive_meanings(connection, home / FILE, home / ALIASES_FILE)
                save_holidays(connection, home / HOLIDAYS_FILE)
                derive_hours(connection, home / HOURS_FILE)
                described = columns.schema_metadata(connection, "crm.picklist_meaning")
        except UserFileError as error:
            raise dg.Failure(
                f"{error} Until then the meanings stay as they are.", allow_retries=False
            ) from None
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": len(rows),
                "dagster/table_name": "crm.picklist_meaning",
                "meanings": dg.MetadataValue.md(table(rows, "No value is known.")),
                **described,
            }
        )

    return picklist_meaning


def _read_profile(opened: Services) -> None:
    """Bring the company's profile up to date, once a day; without Zoho it stays as it was."""
    with opened.connect() as connection:
        if not is_profile_older(connection, MAX_PROFILE_AGE):
            return
    try:
        profile = read_company_profile(opened.zoho())
    except ZohoError as error:
        log.warning("The company's profile is not read: %s", error)
        return
    with opened.connect() as connection:
        save_profile(connection, vars(profile))


@persisted_check(
    KEY,
    COMPANY_SETTINGS,
    "Warns of settings that say something else than the company's own in Zoho.",
)
def company_settings_check(_: Services, connection: Connection) -> dg.AssetCheckResult:
    """Return whether time zone and currency are the company's own: a warning, never a failure."""
    sentences = held_contradictions(connection)
    return dg.AssetCheckResult(
        passed=not sentences,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(sentences) or "Time zone and currency are the company's own.",
    )


@persisted_check(
    KEY,
    UNMAPPED,
    "Warns of a status or stage that records carry and that nobody has given a meaning: it counts "
    "as open.",
)
def unmapped_check(_: Services, connection: Connection) -> dg.AssetCheckResult:
    """Return whether every value in use has a meaning: a warning, never a failure."""
    found = unmapped_values(connection)
    lines = [line_for(row["module"], row["value"], "open") for row in found]
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.WARN,
        description=_sentence(found, lines) if found else "Every value in use has a meaning.",
        metadata={"lines to add": dg.MetadataValue.md("```\n" + "\n".join(lines) + "\n```")}
        if found
        else {},
    )


@persisted_check(
    KEY,
    LOOKALIKES,
    "Warns of values that records carry and that look like another spelling of a known one: they "
    "are counted apart.",
)
def lookalikes_check(_: Services, connection: Connection) -> dg.AssetCheckResult:
    """Return whether no value looks like another one: a warning, never a failure."""
    found = lookalikes(connection)
    pairs = ", ".join(f"“{row['alias']}” and “{row['value']}” ({row['field']})" for row in found)
    lines = [line_for(row["field"], row["alias"], row["value"]) for row in found]
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"Counted apart, though they may be the same: {pairs}. If they are, add to "
        f"{ALIASES_FILE} in AHA_HOME, below the line field,alias,value: {' and '.join(lines)}."
        if found
        else "No value looks like another spelling of a known one.",
        metadata={"lines to add": dg.MetadataValue.md("```\n" + "\n".join(lines) + "\n```")}
        if found
        else {},
    )


def _sentence(found: Sequence[dict[str, object]], lines: Sequence[str]) -> str:
    values = ", ".join(
        f"“{row['value']}” of {row['module']} ({row['records']:,} "
        f"{'record' if row['records'] == 1 else 'records'})"
        for row in found
    )
    return (
        f"Counted as open, because nobody has said what they mean: {values}. Add to {FILE} in "
        f"AHA_HOME, below the line module,value,meaning: {' and '.join(lines)} (for open write "
        "what is meant)."
    )
