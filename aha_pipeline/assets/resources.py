"""The Dagster resource `services`: what an asset, check or sensor reaches outside of this process.

An asset asks for it with `services: dg.ResourceParam[Services]`. A test hands in its own:
`dg.materialize([asset], resources={"services": Services(settings)})`.
"""

import dagster as dg

from aha_pipeline.instance.home import end_runs, is_over
from aha_pipeline.services import Services, current
from aha_pipeline.warehouse.heartbeat import Heartbeat


@dg.resource(description="Warehouse, Zoho and channels. It has no configuration to show.")
def services_resource(context: dg.InitResourceContext) -> Services:
    """Return this process's services; while a run has them it beats, so that others see it live.

    Dagster calls this when a run or a tick begins, never when it loads the code location. Raises
    SettingsError or DatabaseUnreachable.
    """
    services, run, instance = current(), context.run, context.instance
    if run is not None and instance is not None:
        # Not ended by a generator's end: Dagster takes no such resource in a sensor's test.
        Heartbeat(
            services.connect,
            run.run_id,
            is_over=lambda: is_over(instance, run.run_id),
            end_runs=lambda dead: end_runs(instance, dead),
        ).start()
    return services
