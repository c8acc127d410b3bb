"""Zoho: the token, what it reads, whose data they are, and the credits that are left."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from aha_pipeline import services
from aha_pipeline.crm import permissions
from aha_pipeline.crm.access_token import TokenSource
from aha_pipeline.crm.budget import Unlimited
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.errors import ZohoError
from aha_pipeline.crm.metadata import modules_left_out
from aha_pipeline.crm.organisation import Organisation, read_organisation
from aha_pipeline.crm.permissions import MissingPermission, Permission
from aha_pipeline.doctor import clocks
from aha_pipeline.doctor.finding import Finding, ok, problem, warning
from aha_pipeline.settings import ALL_MODULES, Settings
from aha_pipeline.warehouse.company import contradictions
from aha_pipeline.warehouse.credits import OTHERS_SHARE, SHARE
from aha_pipeline.warehouse.mart_files import core_modules


class Meter(Unlimited):
    """Notes the credits that Zoho says the organisation has left."""

    remaining: int | None = None

    def update(self, remaining: int) -> None:
        """Keep the number."""
        self.remaining = remaining


def examine(
    settings: Settings,
    tokens: TokenSource,
    *,
    held: dict[str, Any] | None,
    spent: int,
) -> Iterator[Finding]:
    """Yield what is found. Costs about five credits a module, which no budget counts.

    `held` is the organisation of the database, if it has one; `spent` are the credits that this
    installation has spent in a day.
    """
    meter = Meter()
    client = services.zoho_client(settings, tokens, budget=meter)
    try:
        tokens.renew()
        yield ok("Zoho token", "Made just now.")
        missing = _missing(client, permissions.BASE_PERMISSIONS)
        yield from _findings("Zoho scopes", permissions.BASE_PERMISSIONS, missing)
        if missing:
            return
        organisation = read_organisation(client)
        yield belongs(organisation, held, is_sandbox=settings.is_sandbox)
        yield from company_settings(organisation, settings)
        modules = services.named_modules(settings, client)
        yield from _modules(client, modules)
        if settings.zoho_modules == ALL_MODULES:
            yield left_out(modules_left_out(client))
        yield credits_left(
            organisation.daily_credits,
            settings.zoho_daily_credits or organisation.daily_credits // SHARE,
            spent,
            meter.remaining,
        )
    except ZohoError as error:
        if meter.remaining == 0:
            yield _used_up()
        else:
            yield problem("Zoho", error)
    if client.server_time:
        yield clocks.apart("Zoho", client.server_time, datetime.now(UTC))


def belongs(
    organisation: Organisation, held: dict[str, Any] | None, *, is_sandbox: bool
) -> Finding:
    """Return whether the database holds the data of this organisation, or of none yet."""
    says = f"{organisation.name}, {organisation.daily_credits:,} credits in 24 hours."
    if held and (held["org_id"], held["is_sandbox"]) != (organisation.id, is_sandbox):
        return problem(
            "Organisation",
            f"The database holds the data of {held['name']}, and Zoho answers for "
            f"{organisation.name}: use another DATABASE_URL or AHA_HOME.",
        )
    return ok("Organisation", says if held else f"{says} The database holds no data yet.")


def company_settings(organisation: Organisation, settings: Settings) -> list[Finding]:
    """Return whether time zone and currency are the company's own; nothing where none are set."""
    told = {"aha_timezone": organisation.timezone, "aha_currency": organisation.currency}
    used = {
        name: told[name] if name in settings.unset_of_company else getattr(settings, name)
        for name in told
    }
    found = contradictions(
        str(used["aha_timezone"] or settings.aha_timezone),
        str(used["aha_currency"] or settings.aha_currency),
        organisation.timezone,
        organisation.currency,
    )
    if found:
        return [warning("Company", sentence) for sentence in found]
    return [
        ok(
            "Company",
            f"Days are those of {used['aha_timezone'] or settings.aha_timezone}, money is in "
            f"{used['aha_currency'] or settings.aha_currency}.",
        )
    ]


def credits_left(granted: int, limit: int, spent: int, remaining: int | None) -> Finding:
    """Return what is left of this installation's credits, and of the organisation's."""
    if remaining == 0:
        return _used_up()
    floor = granted // OTHERS_SHARE
    if remaining is not None and remaining <= floor:
        return problem(
            "Zoho credits",
            f"The organisation has {remaining:,} left, and {floor:,} are kept for its other "
            "integrations: wait until Zoho gives some back, a day after they were spent.",
        )
    if spent >= limit:
        return problem(
            "Zoho credits",
            f"All {limit:,} of this day are spent: wait, or raise ZOHO_DAILY_CREDITS.",
        )
    return ok("Zoho credits", f"{limit - spent:,} of {limit:,} are left for today.")


def left_out(modules: dict[str, str]) -> Finding:
    """Return which modules `ZOHO_MODULES=all` does not read, and why."""
    if not modules:
        return ok("Modules left out", "None: every module of the organisation is read.")
    each = "; ".join(f"{name} {why}" for name, why in sorted(modules.items()))
    return ok("Modules left out", f"{each}.")


def _used_up() -> Finding:
    return problem(
        "Zoho credits",
        "The organisation has used up its API credits: wait until Zoho gives some back, a day "
        "after they were spent.",
    )


def _modules(client: ZohoClient, modules: tuple[str, ...]) -> Iterator[Finding]:
    wanted = permissions.permissions_for(modules)
    core = core_modules(modules)
    for module in modules:
        required = [one for one in wanted if one.is_required and one.module == module]
        yield from _findings(module, required, _missing(client, required), module in core)
    optional = [one for one in wanted if not one.is_required]
    for missing in _missing(client, optional):
        yield warning(f"Zoho {missing.permission.name}", missing.sentence)


def _findings(
    what: str,
    wanted: Sequence[Permission],
    missing: list[MissingPermission],
    is_needed: bool = True,
) -> Iterator[Finding]:
    if not missing:
        yield ok(what, f"Readable: {', '.join(permission.name for permission in wanted)}.")
    for sentence in dict.fromkeys(one.sentence for one in missing):
        yield problem(what, sentence) if is_needed else warning(what, sentence)


def _missing(client: ZohoClient, wanted: Sequence[Permission]) -> list[MissingPermission]:
    return [missing for one in wanted if (missing := permissions.check(client, one))]
