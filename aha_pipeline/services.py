"""The outside services of this process, as its settings name them: warehouse and CRM."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from psycopg2.extensions import connection as Connection

from aha_pipeline import local
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.organisation import read_organisation
from aha_pipeline.crm.token import TokenSource
from aha_pipeline.crm.token_file import TokenFile
from aha_pipeline.settings import Settings, load
from aha_pipeline.warehouse import connection, state
from aha_pipeline.warehouse.migrate import migrate


class Services:
    """Complete settings, a migrated warehouse, and a CRM client that is opened when first asked."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database_url = settings.database_url.get_secret_value()
        self._zoho: ZohoClient | None = None
        migrate(self.database_url)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Yield a warehouse connection: one transaction."""
        with connection.connect(self.database_url) as opened:
            yield opened

    def zoho(self) -> ZohoClient:
        """Return a client whose organisation is known to be the one the warehouse holds.

        Raises ZohoError, WrongOrganisation or DatabaseUnreachable.
        """
        if self._zoho is None:
            client = _zoho_client(self.settings)
            self._check_organisation(client)
            self._zoho = client
        return self._zoho

    def _check_organisation(self, client: ZohoClient) -> None:
        organisation = read_organisation(client)
        with self.connect() as opened:
            state.connect_organisation(
                opened,
                org_id=organisation.id,
                name=organisation.name,
                is_sandbox=self.settings.is_sandbox,
                timezone=self.settings.aha_timezone,
                currency=self.settings.aha_currency,
            )


def current() -> Services:
    """Return the services of this process's settings; what is not set is started and embedded.

    Raises SettingsError or DatabaseUnreachable.
    """
    return _services(local.complete(load()))


@cache
def _services(settings: Settings) -> Services:
    return Services(settings)


def _zoho_client(settings: Settings) -> ZohoClient:
    tokens = TokenSource(
        settings.zoho_accounts_url,
        settings.zoho_client_id,
        settings.zoho_client_secret.get_secret_value(),
        settings.zoho_refresh_token.get_secret_value(),
        file=TokenFile(settings.home / "zoho-tokens.json"),
    )
    return ZohoClient(
        tokens,
        api_url=settings.zoho_api_url,
        version=settings.zoho_api_version,
        concurrency=settings.zoho_max_concurrency,
    )
