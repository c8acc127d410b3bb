"""The permissions a token needs, each verified by one small call to Zoho.

Sources: Zoho CRM API, "scopes" and the pages of the calls; the list of deletions has no scope of
its own, and a count needs a scope of Zoho's search.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aha_pipeline.crm import budget
from aha_pipeline.crm.client import FIRST_CALL_ATTEMPTS, ZohoClient
from aha_pipeline.crm.errors import ModuleUnreadable, ZohoRefused
from aha_pipeline.crm.responses import SCOPE_MISSING, module_scope

# The scopes to create a self client with, as the console takes them.
SCOPES = (
    "ZohoCRM.modules.READ",
    "ZohoCRM.settings.READ",
    "ZohoCRM.users.READ",
    "ZohoCRM.org.READ",
    "ZohoCRM.coql.READ",
    "ZohoSearch.securesearch.READ",
)


@dataclass(frozen=True)
class Permission:
    """One thing the token should be able to read, and the call that shows whether it can.

    `is_required`: the daily sync fails without it. `consequence` says what happens without it.
    """

    name: str
    scope: str
    path: str
    consequence: str
    params: Mapping[str, object] = field(default_factory=dict)
    is_required: bool = True
    module: str | None = None
    version: str | None = None
    credits: int = budget.LIST
    query: str | None = None


@dataclass(frozen=True)
class MissingPermission:
    """Something that cannot be read: why, and the scope, if that is what the token lacks."""

    permission: Permission
    sentence: str
    scope: str | None = None


BASE_PERMISSIONS = (
    Permission("organisation", "ZohoCRM.org.READ", "org", "nobody knows whose data these are"),
    Permission("users", "ZohoCRM.users.READ", "users", "the owners of records are not known",
        {"type": "ActiveUsers", "per_page": 1}),
    Permission("settings", "ZohoCRM.settings.READ", "settings/modules",
        "the modules are not known"),
)  # fmt: skip


def permissions_for(modules: Sequence[str]) -> list[Permission]:
    """Return what a token must and should be able to read of these modules, in order."""
    required = [permission for module in modules for permission in _of_module(module)]
    return required + _optional(modules[0])


def check(client: ZohoClient, permission: Permission) -> MissingPermission | None:
    """Return why something cannot be read; None if it can.

    Raises ZohoUnavailable and TokenRefused.
    """
    try:
        _try_call(client, permission)
    except (ModuleUnreadable, ZohoRefused) as error:
        if error.code != SCOPE_MISSING:
            return MissingPermission(permission, str(error))
        scope, consequence = permission.scope, permission.consequence
        return MissingPermission(
            permission, f"The token lacks the scope {scope}, without which {consequence}.", scope
        )
    return None


def _try_call(client: ZohoClient, permission: Permission) -> None:
    if permission.query:
        body = {"select_query": permission.query}
        client.post(permission.path, body, module=permission.module, credits=permission.credits)
        return
    client.get(
        permission.path,
        permission.params,
        module=permission.module,
        version=permission.version,
        credits=permission.credits,
        attempts=FIRST_CALL_ATTEMPTS,
    )


def _of_module(module: str) -> list[Permission]:
    scope, one = module_scope(module), {"per_page": 1}
    consequence = f"{module} cannot be read"
    return [
        Permission(module, scope, module, consequence, {**one, "fields": "Modified_Time"},
            module=module),
        Permission(f"deleted {module}", scope, f"{module}/deleted", consequence,
            {**one, "type": "all"}, module=module, credits=budget.DELETED),
        Permission(f"fields of {module}", "ZohoCRM.settings.READ", "settings/fields",
            f"the fields of {module} are not known", {"module": module}, module=module,
            credits=budget.METADATA),
    ]  # fmt: skip


def _optional(module: str) -> list[Permission]:
    """Return what the sync can do without, at a cost."""
    return [
        Permission("queries", "ZohoCRM.coql.READ", "coql",
            "a second that over 2,000 records share cannot be read",
            is_required=False, module=module, credits=budget.COQL,
            query=f"select id from {module} where id > 0 limit 1"),  # noqa: S608
        Permission("counts", "ZohoSearch.securesearch.READ", f"{module}/actions/count",
            "Zoho's own count is not compared with ours",
            is_required=False, module=module, version="v8", credits=budget.COUNT),
    ]  # fmt: skip
