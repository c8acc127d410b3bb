"""Reads the stand-in with Zoho's own Python SDK, in whose environment it runs: VERSION URL FOLDER.

Prints one JSON object: the names of modules and of the fields of Deals, a page of deals by id, each
with its amount and its account's name, the ids of deleted deals, and the ids that a query finds.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

version, url, folder = sys.argv[1:]
ROOT = {"v2": "zcrmsdk", "v8": "zohocrmsdk"}[version]
DEAL = "Deal_Name,Amount,Account_Name,Owner"
PACKAGE = f"{ROOT}.src.com.zoho"


def sdk(path: str, name: str) -> Any:
    """Return a class of the SDK."""
    return getattr(import_module(f"{PACKAGE}.{path}"), name)


def start() -> None:
    """Let the SDK read the stand-in."""
    api = "crm.api"
    token_url, named = f"{url}/oauth/v2/token", ["sandbox"] if version == "v2" else []
    environment = sdk(f"{api}.dc.data_center", "DataCenter").Environment(
        url, token_url, url, *named
    )
    token = sdk("api.authenticator.oauth_token", "OAuthToken")(
        client_id="sandbox", client_secret="sandbox", refresh_token="sandbox"
    )
    store = sdk("api.authenticator.store.file_store", "FileStore")(str(Path(folder) / "tokens"))
    given = {"environment": environment, "token": token, "store": store, "resource_path": folder}
    if version == "v2":
        given["user"] = sdk(f"{api}.user_signature", "UserSignature")("reader@example.com")
    logger = sdk("api.logger.logger", "Logger")
    given["logger"] = logger.get_instance(logger.Levels.ERROR, str(Path(folder) / "log"))
    sdk(f"{api}.initializer", "Initializer").initialize(**given)


def rows(answer: Any, member: str = "get_data") -> list[Any]:
    """Return the rows of an answer. Raises RuntimeError with Zoho's words where it is none."""
    if answer.get_status_code() in (204, 304):
        return []
    found = answer.get_object()
    if not hasattr(found, member):
        code = getattr(found, "get_code", lambda: found)()
        raise RuntimeError(f"{member}: {getattr(code, 'get_value', lambda: code)()}")
    return list(getattr(found, member)())


def parameters(*pairs: tuple[Any, Any]) -> Any:
    """Return the parameters of a call."""
    given = sdk("crm.api.parameter_map", "ParameterMap")()
    for parameter, value in pairs:
        given.add(parameter, value)
    return given


def values(deal: Any) -> list[Any]:
    """Return the amount of a deal and the name of its account."""
    account = deal.get_key_value("Account_Name")
    return [deal.get_key_value("Amount"), account and account.get_key_value("name")]


def read() -> dict[str, Any]:
    """Return what the SDK reads."""
    operations = "crm.api.record.record_operations"
    listed = sdk(operations, "GetRecordsParam")
    if version == "v2":
        records = sdk(operations, "RecordOperations")()
        module = ("Deals",)
        fields = sdk("crm.api.fields.fields_operations", "FieldsOperations")("Deals")
        described = fields.get_fields()
        chosen = parameters((listed.per_page, 10))
    else:
        records = sdk(operations, "RecordOperations")("Deals")
        module = ()
        fields = sdk("crm.api.fields.fields_operations", "FieldsOperations")()
        of_module = sdk("crm.api.fields.fields_operations", "GetFieldsParam").module
        described = fields.get_fields(parameters((of_module, "Deals")))
        chosen = parameters((listed.per_page, 10), (listed.fields, DEAL))
    modules = sdk("crm.api.modules.modules_operations", "ModulesOperations")().get_modules()
    room, kind = ("query", "QueryOperations") if version == "v2" else ("coql", "CoqlOperations")
    query = sdk(f"crm.api.{room}.body_wrapper", "BodyWrapper")()
    query.set_select_query("select Deal_Name from Deals where id > 0 limit 5")
    found = sdk(f"crm.api.{room}.{room}_operations", kind)().get_records(query)
    listed_deals = records.get_records(*module, chosen)
    gone = records.get_deleted_records(*module)
    return {
        "modules": [module.get_api_name() for module in rows(modules, "get_modules")],
        "fields": [field.get_api_name() for field in rows(described, "get_fields")],
        "deals": {str(row.get_id()): values(row) for row in rows(listed_deals)},
        "deleted": [str(row.get_id()) for row in rows(gone)],
        "query": [str(row.get_id()) for row in rows(found)],
    }


start()
print(json.dumps(read()))
