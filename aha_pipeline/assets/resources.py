"""The one Dagster resource."""

import dagster as dg

from aha_pipeline import services


class ServicesResource(dg.ConfigurableResource):
    """Warehouse and CRM of a run. It has no configuration, so the UI has no secret to show."""

    def get(self) -> services.Services:
        """Return the services of this process. Raises SettingsError or DatabaseUnreachable."""
        return services.current()
