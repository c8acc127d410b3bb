"""The Dagster resource `services`: what an asset, check or sensor reaches outside of this process.

An asset asks for it with `services: dg.ResourceParam[Services]`. A test hands in its own:
`dg.materialize([asset], resources={"services": Services(settings)})`.
"""

import dagster as dg

from aha_pipeline.services import Services, current


@dg.resource(description="Warehouse, Zoho and WhatsApp. It has no configuration to show.")
def services_resource(_: dg.InitResourceContext) -> Services:
    """Return this process's services. Raises SettingsError or DatabaseUnreachable.

    Dagster calls this when a run or a tick begins, never when it loads the code location.
    """
    return current()
