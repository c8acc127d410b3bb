"""The whole graph on one screen: modules -> marts -> briefing -> phone."""

import warnings

import dagster as dg

from aha_pipeline import settings as configuration
from aha_pipeline.assets.briefing import ai_briefing
from aha_pipeline.assets.checks import all_checks
from aha_pipeline.assets.forecasts import forecasts_asset
from aha_pipeline.assets.marts import mart_assets, metric_dictionary
from aha_pipeline.assets.modules import module_asset
from aha_pipeline.assets.picklist_meaning import (
    company_settings_check,
    lookalikes_check,
    meaning_asset,
    unmapped_check,
)
from aha_pipeline.assets.reconcile import certificate_check, count_check
from aha_pipeline.assets.record_emails import emails_asset
from aha_pipeline.assets.record_history import history_asset
from aha_pipeline.assets.resources import services_resource
from aha_pipeline.assets.targets import targets_asset
from aha_pipeline.automation.again import sync_again
from aha_pipeline.automation.alerts import alert_on_failure, alert_on_lateness
from aha_pipeline.automation.erasure import erase_personal_data
from aha_pipeline.automation.housekeeping import housekeeping
from aha_pipeline.automation.jobs import daily_sync, reconcile_job, send_whatsapp
from aha_pipeline.automation.mart_audit import audit_marts
from aha_pipeline.automation.schedules import (
    daily_erasure,
    daily_schedule,
    weekly_audit,
    weekly_housekeeping,
    weekly_reconcile,
)
from aha_pipeline.automation.sensors import (
    delivery_statuses,
    erasure_on_request,
    whatsapp_on_briefing,
)
from aha_pipeline.settings import ALL_MODULES, SettingsError


@dg.definitions
def defs() -> dg.Definitions:
    """Return the code location, as this environment's settings shape it.

    Loading it connects to nothing. Raises SettingsError if the settings are wrong, or if
    `ZOHO_MODULES=all` has not been replaced by names.
    """
    warnings.filterwarnings("ignore", category=dg.BetaWarning)  # backfill_policy= is still beta
    settings = configuration.load()
    modules = settings.zoho_modules
    if modules == ALL_MODULES:
        raise SettingsError(
            "ZOHO_MODULES=all is replaced by the names of your modules when `aha` starts: start "
            "Dagster with `aha up` or `aha exec dagster ...`, or name the modules."
        )
    return dg.Definitions(
        assets=[
            *(module_asset(module, modules, settings) for module in modules),
            meaning_asset(modules),
            history_asset(modules),
            emails_asset(modules),
            *mart_assets(modules, settings),
            targets_asset,
            forecasts_asset(settings),
            metric_dictionary,
            ai_briefing,
        ],
        asset_checks=[
            *(count_check(module) for module in modules),
            *(certificate_check(module) for module in modules),
            unmapped_check,
            lookalikes_check,
            company_settings_check,
            *all_checks(modules),
        ],
        jobs=[
            daily_sync,
            send_whatsapp,
            reconcile_job,
            erase_personal_data,
            housekeeping,
            audit_marts,
        ],
        schedules=[
            daily_schedule(settings),
            daily_erasure(settings),
            weekly_reconcile(settings),
            weekly_housekeeping(settings),
            weekly_audit(settings),
        ],
        sensors=[
            whatsapp_on_briefing,
            delivery_statuses,
            erasure_on_request,
            sync_again,
            alert_on_failure,
            alert_on_lateness,
        ],
        resources={"services": services_resource},
        executor=dg.in_process_executor,  # a process a step costs more than the steps themselves
    )
