"""The outside services of this process, as its settings name them: warehouse, CRM, channels."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import cache, partial
from threading import Lock
from zoneinfo import ZoneInfo

from psycopg2.extensions import connection as Connection

from aha_pipeline import clocks, local
from aha_pipeline.crm.access_token import TokenSource
from aha_pipeline.crm.budget import METADATA, Budget
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.data_centres import web_url_for
from aha_pipeline.crm.errors import ZohoError, ZohoUnavailable
from aha_pipeline.crm.metadata import read_modules
from aha_pipeline.crm.organisation import Organisation, read_organisation
from aha_pipeline.delivery import channel
from aha_pipeline.memory import return_large_buffers
from aha_pipeline.settings import ALL_MODULES, Settings, SettingsError, load
from aha_pipeline.warehouse import connection, state
from aha_pipeline.warehouse.access_tokens import TokenStore
from aha_pipeline.warehouse.call_slots import LeasedSlots
from aha_pipeline.warehouse.credits import CreditBudget
from aha_pipeline.warehouse.migrate import migrate

BACKOFF_SECONDS = 1.0


class Services:
    """Complete settings, connections to the warehouse, and a CRM client made on first use.

    Making one connects to nothing. In Dagster it is the resource `services`.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database_url = settings.database_address
        self._zoho: ZohoClient | None = None
        self._daily_credits = 0
        self._kept: connection.KeptConnection | None = None
        self._lock, self._brief = Lock(), Lock()

    @property
    def readers(self) -> list[channel.Reader]:
        """Who is written to, and by which channels; nobody where no channel is set."""
        return channel.readers(channel.configured(self.settings), self.settings)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Yield a warehouse connection: one transaction."""
        kept = self._kept
        with kept.connect() if kept else connection.connect(self.database_url) as opened:
            yield opened

    @contextmanager
    def keep_connection(self) -> Iterator[None]:
        """Keep a connection open between two uses while the block runs: for many short ones.

        A block within another keeps that one's.
        """
        if self._kept is not None:
            yield
            return
        self._kept = kept = connection.KeptConnection(self.database_url)
        try:
            yield
        finally:
            self._kept = None
            kept.close()

    @contextmanager
    def _connect_briefly(self) -> Iterator[Connection]:
        """Yield a connection as `connect` does, one at a time: for what every call may ask."""
        with self._brief, self.connect() as opened:
            yield opened

    def zoho(self) -> ZohoClient:
        """Return a client whose organisation is known to be the one the warehouse holds.

        It makes as many calls at a time as the edition allows, and spends only a share of its
        credits. Raises ZohoError, WrongOrganisation, ClocksApart or DatabaseUnreachable.
        """
        with self._lock:
            if self._zoho is None:
                return_large_buffers()
                self._zoho = self._opened_zoho()
        return self._zoho

    @property
    def daily_credits(self) -> int:
        """API credits that the edition grants in 24 hours. Raises as `zoho` does."""
        self.zoho()
        return self._daily_credits

    def _opened_zoho(self) -> ZohoClient:
        settings = self.settings
        tokens = zoho_tokens(settings, TokenStore(self._connect_briefly))
        organisation = _ask_organisation(settings, tokens, self._connect_briefly)
        self._check(organisation)
        self._daily_credits = organisation.daily_credits
        concurrency = settings.zoho_max_concurrency or organisation.concurrency
        budget = _budget(settings, organisation, self._connect_briefly)
        return zoho_client(
            settings,
            tokens,
            concurrency=concurrency,
            limiter=LeasedSlots(self._connect_briefly, limit=concurrency),
            budget=budget,
        )

    def _check(self, organisation: Organisation) -> None:
        """Note whose data are read, in the time zone and the currency that Zoho names now."""
        if self.settings.unset_of_company:
            own = organisation.timezone, organisation.currency
            self.settings = local.with_company(self.settings, *own)
        with self.connect() as opened:
            state.connect_organisation(
                opened,
                org_id=organisation.id,
                name=organisation.name,
                is_sandbox=self.settings.is_sandbox,
                timezone=self.settings.aha_timezone,
                currency=self.settings.aha_currency,
                rate_reading=self.settings.aha_exchange_rate,
                home_timezone=organisation.timezone,
                home_currency=organisation.currency,
                web_url=web_url_for(self.settings.zoho_accounts_url, organisation.domain),
            )
            if self.settings.zoho_modules != ALL_MODULES:
                state.save_configured_modules(opened, self.settings.zoho_modules)


def current() -> Services:
    """Return the services of this process; what is not configured is started and embedded.

    The first call migrates the warehouse. A time zone and a currency that are not set become the
    company's own, in the environment too. Raises SettingsError or DatabaseUnreachable.
    """
    return opened(_as_company(local.complete(load())))


@cache
def _as_company(settings: Settings) -> Settings:
    """Return settings with the time zone and the currency of the company where none are set.

    As the database knows them, else as Zoho says; while neither can say, the defaults.
    """
    if not settings.unset_of_company:
        return settings
    migrate(settings.session_url)
    connect = partial(connection.connect, settings.database_address)
    with connect() as warehouse:
        told = state.read_company(warehouse)
    if told is None:
        try:
            # With the token that all machines share, and a credit that is counted.
            tokens = zoho_tokens(settings, TokenStore(connect))
            company = _ask_organisation(settings, tokens, connect)
            _budget(settings, company, connect).release_unused()
        except (ZohoError, SettingsError):
            return settings  # whatever needs Zoho raises it
        told = company.timezone, company.currency
    return local.with_company(settings, *told)


def _ask_organisation(
    settings: Settings,
    tokens: TokenSource,
    connect: Callable[[], AbstractContextManager[Connection]],
) -> Organisation:
    """Return whose data are read, by a call in a place all machines share.

    Raises ZohoError, or ClocksApart where days would be mistaken.
    """
    slots = LeasedSlots(connect, limit=settings.zoho_max_concurrency)
    try:
        client = zoho_client(settings, tokens, limiter=slots)
        organisation = read_organisation(client)
    finally:
        slots.release_unused()
    with connect() as opened:
        clocks.check(datetime.now(UTC), state.read_clock(opened), client.server_time)
    return organisation


def _budget(
    settings: Settings,
    organisation: Organisation,
    connect: Callable[[], AbstractContextManager[Connection]],
) -> CreditBudget:
    """Return the day's budget, less the call that read the organisation. Raises CreditsSpent."""
    budget = CreditBudget(
        connect,
        granted=organisation.daily_credits,
        limit=settings.zoho_daily_credits,
        # Not settings.zone: kept there, it would outlive the company's own time zone.
        zone=ZoneInfo(settings.aha_timezone),
    )
    budget.consume(METADATA, essential=True)
    return budget


@cache
def opened(settings: Settings) -> Services:
    """Return the services of these settings, over a migrated warehouse; made once per process.

    Raises DatabaseUnreachable.
    """
    migrate(settings.session_url)
    return Services(settings)


def configured_modules() -> tuple[str, ...]:
    """Return the API names of the modules to read; of the sandbox, activities too.

    `ZOHO_MODULES=all` is replaced by names here, in the environment of this process and thus of
    its children, so that loading the graph asks neither Zoho nor the database. While Zoho is down,
    the names are those of the last read. Raises ZohoError, SettingsError or DatabaseUnreachable,
    for `all` only.
    """
    modules = local.with_modules(load()).zoho_modules
    if modules == ALL_MODULES:
        modules = _all_modules(current())
        os.environ["ZOHO_MODULES"] = ",".join(modules)
    return modules


def named_modules(settings: Settings, client: ZohoClient) -> tuple[str, ...]:
    """Return the modules to read without a warehouse. Raises ZohoError, for `all` only."""
    return read_modules(client) if settings.zoho_modules == ALL_MODULES else settings.zoho_modules


def _all_modules(services: Services) -> tuple[str, ...]:
    try:
        client = services.zoho()
        modules = read_modules(client)
        client.release_unused()
        return modules
    except ZohoUnavailable:
        with services.connect() as opened:
            known = state.read_modules(opened)
        if not known:
            raise
        return known


def zoho_tokens(settings: Settings, store: TokenStore | None = None) -> TokenSource:
    """Return the access tokens of these settings, shared by those that have the store.

    Raises SettingsError where no CRM is configured.
    """
    zoho = settings.zoho
    if zoho is None:
        raise SettingsError("The ZOHO_ settings are not set: run `aha login`.")
    return TokenSource(
        settings.zoho_accounts_url,
        zoho.client_id,
        zoho.client_secret.get_secret_value(),
        zoho.refresh_token.get_secret_value(),
        store=store,
    )


def zoho_client(
    settings: Settings,
    tokens: TokenSource,
    *,
    limiter: LeasedSlots | None = None,
    concurrency: int = 1,
    budget: Budget | None = None,
) -> ZohoClient:
    """Return a client of these settings that does not know yet whose data it reads."""
    return ZohoClient(
        tokens,
        api_url=settings.zoho_api_url,
        version=settings.zoho_api_version,
        concurrency=concurrency,
        budget=budget,
        limiter=limiter,
        backoff_seconds=BACKOFF_SECONDS,
    )
