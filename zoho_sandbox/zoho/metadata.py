"""The calls that describe an organisation: its modules, their fields, its users, itself."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from zoho_sandbox.faults.switches import Switches
from zoho_sandbox.ids import metadata_id
from zoho_sandbox.zoho.api_error import ApiError, mismatch, missing, no_scope, unknown_url
from zoho_sandbox.zoho.fields import LAYOUT
from zoho_sandbox.zoho.list_response import page
from zoho_sandbox.zoho.modules import Field, Module
from zoho_sandbox.zoho.organisation import Organisation
from zoho_sandbox.zoho.parameters import paging
from zoho_sandbox.zoho.pipeline import pipeline
from zoho_sandbox.zoho.versions import V8, Version, version_of

# What Zoho lists among the modules though it holds no records.
TABS = ("Home", "Feeds")
CURRENT_USER = "CurrentUser"
USER_TYPES: dict[str, Callable[[dict], bool]] = {
    "AllUsers": lambda user: user["status"] != "deleted",
    "ActiveUsers": lambda user: user["status"] == "active",
    "DeactiveUsers": lambda user: user["status"] == "disabled",
    "ActiveConfirmedUsers": lambda user: user["status"] == "active" and user["confirm"],
}


class Metadata:
    """One method a route."""

    def __init__(self, organisation: Organisation, switches: Switches) -> None:
        self._organisation, self._switches = organisation, switches

    def modules(self, request: Request) -> Response:
        """All modules, and the tabs that are none."""
        self._check(request)
        served = served_modules(self._organisation, self._switches).values()
        listed = [module.metadata(position) for position, module in enumerate(served, start=1)]
        return JSONResponse({"modules": [*map(_tab, TABS), *listed]})

    def module(self, request: Request) -> Response:
        """One module."""
        self._check(request)
        module = known(self._organisation, request.path_params["module"], self._switches)
        position = list(self._organisation.modules).index(module.name) + 1
        return JSONResponse({"modules": [module.metadata(position)]})

    def fields(self, request: Request) -> Response:
        """The fields of a module."""
        version = self._check(request)
        if "module" not in request.query_params:
            raise missing("module")
        module = known(self._organisation, request.query_params["module"], self._switches)
        fields = visible_fields(module, version, self._switches)
        if not fields:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        described = [
            module.field_metadata(field, rich=version.is_v8)
            | module.tracking_metadata(field, self._switches.trackers)
            for field in fields
        ]
        if self._switches.metadata_gaps:
            for member, rows in (("json_type", described[::3]), ("length", described[1::3])):
                for row in rows:
                    del row[member]
        return JSONResponse({"fields": described})

    def layouts(self, request: Request) -> Response:
        """The one layout of a module, without its sections."""
        self._check(request)
        if "module" not in request.query_params:
            raise missing("module")
        known(self._organisation, request.query_params["module"], self._switches)
        return JSONResponse({"layouts": [LAYOUT | {"status": 0, "visible": True}]})

    def pipelines(self, request: Request) -> Response:
        """The one pipeline of the layout of Deals."""
        if not self._check(request).is_v8:
            raise unknown_url()
        if not self._switches.pipelines:
            raise no_scope()
        if "layout_id" not in request.query_params:
            raise missing("layout_id")
        if request.query_params["layout_id"] != LAYOUT["id"]:
            raise ApiError(400, "INVALID_DATA", "Invalid layoutid", param_name="layout_id")
        fields = visible_fields(self._organisation.modules["Deals"], V8, self._switches)
        stages = next((field.values for field in fields if field.name == "Stage"), ())
        return JSONResponse({"pipeline": [pipeline(stages)]})

    def users(self, request: Request) -> Response:
        """A page of users."""
        version_of(request)
        kind = request.query_params.get("type", "AllUsers")
        if kind != CURRENT_USER and kind not in USER_TYPES:
            raise mismatch("type")
        number, size = paging(request)
        users = list(
            filter(USER_TYPES.get(kind, USER_TYPES["ActiveUsers"]), self._organisation.users())
        )
        if kind == CURRENT_USER:
            users = users[:1]  # whose token it is: the official SDKs ask at their start
        rows = users[(number - 1) * size : number * size]
        return page(
            map(msgspec.json.encode, rows), number, size, number * size < len(users), key="users"
        )

    def org(self, request: Request) -> Response:
        """The organisation."""
        version_of(request)
        return JSONResponse({"org": [self._organisation.metadata()]})

    def currencies(self, request: Request) -> Response:
        """The currencies, where more than one is in use."""
        self._check(request)
        rows = self._organisation.profile.currency_rows()
        if not rows:
            raise ApiError(403, "CURRENCIES_NOT_ENABLED", "Multi-currency is not enabled")
        return JSONResponse({"currencies": rows})

    def fiscal_year(self, request: Request) -> Response:
        """The fiscal year, of v8 alone."""
        if not self._check(request).is_v8:
            raise unknown_url()
        return JSONResponse(
            {
                "fiscal_year": {
                    "start_month": self._organisation.profile.fiscal_month,
                    "display_based_on": "start_month",
                    "id": metadata_id("fiscal year"),
                }
            }
        )

    def business_hours(self, request: Request) -> Response:
        """The business hours, of v8 alone."""
        if not self._check(request).is_v8:
            raise unknown_url()
        hours = self._organisation.profile.business_hours()
        if hours is None:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        return JSONResponse({"business_hours": hours})

    def holidays(self, request: Request) -> Response:
        """The holidays of a year, by default the present one, of v8 alone."""
        if not self._check(request).is_v8:
            raise ApiError(400, "API_NOT_SUPPORTED", "not supported in this version")
        organisation = self._organisation
        year = request.query_params.get("year", str(organisation.store.now().year))
        if not year.isdecimal():
            raise mismatch("year")
        rows = organisation.profile.holiday_rows(int(year))
        if not rows:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        info = {"per_page": 200, "count": len(rows), "page": 1, "more_records": False}
        return JSONResponse({"holidays": rows, "info": info})

    def _check(self, request: Request) -> Version:
        version = version_of(request)
        if not self._switches.metadata_readable:
            raise no_scope()
        return version


def served_modules(organisation: Organisation, switches: Switches) -> dict[str, Module]:
    """Return the modules that are there: of the trackers those that are switched on."""
    return {
        name: module
        for name, module in organisation.modules.items()
        if module.tracker is None or module.tracker.module in switches.trackers
    }


def known(organisation: Organisation, name: str, switches: Switches) -> Module:
    """Return a module by name, or refuse it."""
    if name not in served_modules(organisation, switches):
        message = "the module name given seems to be invalid"
        raise ApiError(400, "INVALID_MODULE", message, resource_path_index=0)
    return organisation.modules[name]


def visible_fields(module: Module, version: Version, switches: Switches) -> list[Field]:
    """Return the fields that the caller may see."""
    formulas = switches.formulas.get(module.name, set())
    fields = {field.name: field for field in module.fields}
    fields |= {name: Field(name, "formula", custom=True) for name in sorted(formulas)}
    if version.is_v8 and module.name == "Leads":
        fields["Converted__s"] = Field("Converted__s", "boolean")
    hidden = switches.hidden.get(module.name, set())
    return [field for name, field in fields.items() if name not in hidden]


def _tab(name: str) -> dict:
    return {
        "id": metadata_id(name),
        "api_name": name,
        "module_name": name,
        "singular_label": name,
        "plural_label": name,
        "generated_type": "default",
        "api_supported": False,
        "creatable": False,
        "editable": False,
        "deletable": False,
        "viewable": True,
        "convertable": False,
        "visibility": 1,
        "sequence_number": 0,
    }
