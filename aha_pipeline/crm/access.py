"""What a token has to be able to read, each asked of Zoho by one small call.

Sources: Zoho CRM API, "scopes" and the pages of the calls; the list of deletions has no scope of
its own, and a count needs a scope of Zoho's search.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aha_pipeline.crm import budget
from aha_pipeline.crm.client import FIRST_ATTEMPTS, SCOPE_MISSING, ZohoClient, module_scope
from aha_pipeline.crm.errors import ModuleUnreadable, ZohoRefused

# What a self client is to be made with, as the console takes it.
SCOPES = (
    "ZohoCRM.modules.READ",
    "ZohoCRM.settings.READ",
    "ZohoCRM.users.READ",
    "ZohoCRM.org.READ",
    "ZohoCRM.coql.READ",
    "ZohoSearch.securesearch.READ",
)


@dataclass(frozen=True)
class Need:
    """One thing to be read. `is_vital`: the daily sync fails without it.

    `lost` says what happens where it cannot be read.
    """

    what: str
    scope: str
    path: str
    lost: str
    params: Mapping[str, object] = field(default_factory=dict)
    is_vital: bool = True
    module: str | None = None
    version: str | None = None
    credits: int = budget.LIST
    query: str | None = None


@dataclass(frozen=True)
class Gap:
    """Something that cannot be read: why, and the scope, where that is what the token lacks."""

    need: Need
    sentence: str
    scope: str | None = None


GENERAL = (
    Need("organisation", "ZohoCRM.org.READ", "org", "nobody knows whose data these are"),
    Need("users", "ZohoCRM.users.READ", "users", "the owners of records are not known",
        {"type": "ActiveUsers", "per_page": 1}),
    Need("settings", "ZohoCRM.settings.READ", "settings/modules", "the modules are not known"),
)  # fmt: skip


def needs_of(client: ZohoClient, modules: Sequence[str]) -> list[Need]:
    """Return what a token must and should be able to read of these modules, in order."""
    found = [need for module in modules for need in _of_module(module)]
    return found + _optional(client, modules[0])


def gap(client: ZohoClient, need: Need) -> Gap | None:
    """Return why something cannot be read; None where it can.

    Raises ZohoUnavailable and TokenRefused.
    """
    try:
        _ask(client, need)
    except (ModuleUnreadable, ZohoRefused) as error:
        if error.code != SCOPE_MISSING:
            return Gap(need, str(error))
        return Gap(
            need,
            f"The token lacks the scope {need.scope}, without which {need.lost}.",
            need.scope,
        )
    return None


def _ask(client: ZohoClient, need: Need) -> None:
    if need.query:
        body = {"select_query": need.query}
        client.post(need.path, body, module=need.module, credits=need.credits)
        return
    client.get(
        need.path,
        need.params,
        module=need.module,
        version=need.version,
        credits=need.credits,
        attempts=FIRST_ATTEMPTS,
    )


def _of_module(module: str) -> list[Need]:
    scope, one = module_scope(module), {"per_page": 1}
    lost = f"{module} cannot be read"
    return [
        Need(module, scope, module, lost, {**one, "fields": "Modified_Time"}, module=module),
        Need(f"deleted {module}", scope, f"{module}/deleted", lost, {**one, "type": "all"},
            module=module, credits=budget.DELETED),
        Need(f"fields of {module}", "ZohoCRM.settings.READ", "settings/fields",
            f"the fields of {module} are not known", {"module": module}, module=module,
            credits=budget.METADATA),
    ]  # fmt: skip


def _optional(client: ZohoClient, module: str) -> list[Need]:
    """Return what the sync can do without, at a price."""
    counted_in = "v2.1" if client.version == "v2" else client.version
    return [
        Need("queries", "ZohoCRM.coql.READ", "coql",
            "a second that over 2,000 records share cannot be read",
            is_vital=False, module=module, credits=budget.COQL,
            query=f"select id from {module} where id > 0 limit 1"),  # noqa: S608
        Need("counts", "ZohoSearch.securesearch.READ", f"{module}/actions/count",
            "Zoho's own count is not compared with ours",
            is_vital=False, module=module, version=counted_in, credits=budget.COUNT),
    ]  # fmt: skip
