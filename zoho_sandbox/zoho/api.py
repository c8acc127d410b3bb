"""Zoho CRM v2 to v8 over HTTP: lists, single records, deleted records, counts, queries.

What the reference leaves open is decided here so, unless a switch says otherwise:
`If-Modified-Since` is inclusive; a page beyond the end is empty; `per_page` above 200 is read as
200; the deleted list is in order of id, newest first; an unreadable `If-Modified-Since` is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from itertools import count
from random import Random

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from zoho_sandbox.clock import instant_of, stamp
from zoho_sandbox.faults.churn import ChurnSimulator
from zoho_sandbox.faults.switches import Switches
from zoho_sandbox.zoho import coql, criteria, emails, list_response, page_tokens, timeline
from zoho_sandbox.zoho.api_error import ApiError, mismatch, missing, no_scope, unknown_url
from zoho_sandbox.zoho.credits import Credits, further_cost_of_query
from zoho_sandbox.zoho.field_selection import Shape
from zoho_sandbox.zoho.grants import Grants
from zoho_sandbox.zoho.history import TRACKERS
from zoho_sandbox.zoho.metadata import Metadata, known, visible_fields
from zoho_sandbox.zoho.modules import EMAILS, Field, Module
from zoho_sandbox.zoho.organisation import Organisation
from zoho_sandbox.zoho.parameters import fields, paging, query, since
from zoho_sandbox.zoho.records import DISPLAY_FIELDS, Arrange, Deletion, Query, Record
from zoho_sandbox.zoho.tokens import Tokens
from zoho_sandbox.zoho.trackers import Trackers
from zoho_sandbox.zoho.versions import Version, version_of

DAY = 86_400
IN_BIN, LISTED = 60 * DAY, 120 * DAY
OF_MODULE = "ZohoCRM.modules.{module}.READ"
OF_EMAILS = "ZohoCRM.modules.emails.READ"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def routes(
    organisation: Organisation,
    tokens: Tokens,
    grants: Grants,
    switches: Switches,
    credits: Credits,
) -> list[Route]:
    """Return the routes of the CRM."""
    crm, metadata = Crm(organisation, switches, credits), Metadata(organisation, switches)
    authorization = Authorization(organisation, tokens, grants)

    def route(
        path: str, answer: Callable[..., Response], *scopes: str, method: str = "GET"
    ) -> Route:
        return Route(
            "/crm/{version}" + path,
            partial(authorization.answer, answer, method, scopes),
            methods=METHODS,
        )

    return [
        route("/org", metadata.org, "ZohoCRM.org.READ"),
        route("/org/currencies", metadata.currencies, "ZohoCRM.settings.currencies.READ"),
        route("/settings/fiscal_year", metadata.fiscal_year, "ZohoCRM.settings.fiscal_year.READ"),
        route(
            "/settings/business_hours",
            metadata.business_hours,
            "ZohoCRM.settings.business_hours.READ",
        ),
        route("/settings/holidays", metadata.holidays, "ZohoCRM.settings.business_hours.READ"),
        route("/users", metadata.users, "ZohoCRM.users.READ"),
        route("/settings/modules", metadata.modules, "ZohoCRM.settings.modules.READ"),
        route("/settings/modules/{module}", metadata.module, "ZohoCRM.settings.modules.READ"),
        route("/settings/fields", metadata.fields, "ZohoCRM.settings.fields.READ"),
        route("/settings/layouts", metadata.layouts, "ZohoCRM.settings.layouts.READ"),
        route("/settings/pipeline", metadata.pipelines, "ZohoCRM.settings.pipeline.READ"),
        route("/coql", crm.coql, "ZohoCRM.coql.READ", method="POST"),
        route("/{module}", crm.list, OF_MODULE),
        route("/{module}/deleted", crm.deleted, OF_MODULE),
        route("/{module}/actions/count", crm.count, OF_MODULE, "ZohoSearch.securesearch.READ"),
        route("/{module}/{id}", crm.get, OF_MODULE),
        route("/{module}/{id}/__timeline", crm.timeline, OF_MODULE),
        route("/{module}/{id}/Stage_History", crm.stage_history, OF_MODULE),
        route("/{module}/{id}/Emails", crm.emails, OF_MODULE, OF_EMAILS),
        route("{rest:path}", crm.unknown),
    ]


class Authorization:
    """Checks token, method and scopes before a call is answered."""

    def __init__(self, organisation: Organisation, tokens: Tokens, grants: Grants) -> None:
        self._organisation, self._tokens, self._grants = organisation, tokens, grants

    async def answer(
        self,
        answer: Callable[..., Response],
        method: str,
        scopes: tuple[str, ...],
        request: Request,
    ) -> Response:
        """Return the answer, or an error in its envelope."""
        try:
            token = self._token(request.headers.get("authorization", ""))
            if request.method != method:
                raise ApiError(
                    400, "INVALID_REQUEST_METHOD", "The http request method type is not valid"
                )
            for scope in scopes:
                needed = scope.format(module=self._scope_name(request))
                self._grants.check(self._tokens.owner(token), needed)
            if method == "POST":
                answer = partial(answer, body=await request.body())
            with self._organisation.store.lock:
                return answer(request)
        except ApiError as error:
            return JSONResponse(error.body, error.status)

    def _token(self, header: str) -> str:
        scheme, _, token = header.partition(" ")
        if scheme not in ("Zoho-oauthtoken", "Bearer") or not token:
            raise ApiError(401, "AUTHENTICATION_FAILURE", "Authentication failed")
        if not self._tokens.use(token):
            raise ApiError(401, "INVALID_TOKEN", "invalid oauth token")
        return token

    def _scope_name(self, request: Request) -> str:
        """Return what a module is called in a scope; one name serves all custom modules."""
        name = request.path_params.get("module", "")
        module = self._organisation.modules.get(name)
        return "custom" if module is not None and module.custom else name.lower()


class Crm:
    """The answers to the calls about records, one method a route."""

    def __init__(self, organisation: Organisation, switches: Switches, credits: Credits) -> None:
        self._organisation, self._switches = organisation, switches
        self._store, self._credits = organisation.store, credits
        self._trackers = Trackers(organisation.store)
        self._churn = ChurnSimulator(organisation.store)
        self._calls = count()

    def list(self, request: Request) -> Response:
        """A page of records."""
        version, module = version_of(request), self._readable(request.path_params["module"])
        shape = self._shape(module, version, fields(request, version, needed=True))
        asked = self._query(request, version, module)
        records, total = self._store.tables[module.name].page(asked, self._arrange(asked))
        rows = shape.cut(record.text for record in records)
        self._churn.apply(module)
        if not rows:
            return self._nothing(asked.since)
        start, size = asked.window
        more = start + size < total
        further = self._walking(request, asked, more) if version.is_v8 else {}
        return list_response.page(rows, asked.page, asked.per_page, more, further=further)

    def get(self, request: Request) -> Response:
        """One record; an unknown id has no content."""
        version, module = version_of(request), self._readable(request.path_params["module"])
        shape = self._shape(module, version, fields(request, version))
        id_ = request.path_params["id"]
        record = self._store.tables[module.name].records.get(id_)
        if record is None and not id_.isdigit():
            raise ApiError(400, "INVALID_DATA", "the id given seems to be invalid", id=id_)
        if record is None:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        return list_response.json(b'{"data":[%b]}' % shape.cut([record.text])[0])

    def deleted(self, request: Request) -> Response:
        """A page of the recycle bin, and of what was in it."""
        version_of(request)
        module = self._readable(request.path_params["module"])
        wanted = request.query_params.get("type", "all")
        if wanted not in ("all", "recycle", "permanent"):
            raise mismatch("type")
        number, size = paging(request)
        first, now = since(request, self._switches), self._store.now().timestamp()
        bin_ = self._store.tables[module.name].deletions
        rows = [
            row
            for id_ in sorted(bin_, reverse=True)
            if (row := _deleted_row(bin_[id_], now))
            and wanted in ("all", row["type"])
            and (first is None or instant_of(row["deleted_time"]) >= first)
        ]
        asked = Query(page=number, per_page=size, short_pages=self._switches.short_pages)
        start, count_ = asked.window
        chosen = rows[start : start + count_]
        if not chosen:
            return self._nothing(first)
        return list_response.page(
            map(msgspec.json.encode, chosen), number, size, start + count_ < len(rows)
        )

    def count(self, request: Request) -> Response:
        """How many records a list call with the same parameters finds, or criteria do."""
        version = version_of(request)
        if not version.is_v8:
            raise unknown_url()
        module = self._readable(request.path_params["module"])
        if not self._switches.count:
            raise no_scope()
        asked = self._query(request, version, module)
        table = self._store.tables[module.name]
        if "criteria" not in request.query_params:
            return JSONResponse({"count": table.page(asked)[1]})
        wanted = criteria.parse(request.query_params["criteria"])
        found = (r for r in table.records.values() if asked.wants(r) and wanted(r.data))
        return JSONResponse({"count": sum(1 for _ in found)})

    def coql(self, request: Request, body: bytes) -> Response:
        """The records that a query finds."""
        version = version_of(request)
        if not self._switches.coql:
            raise no_scope()
        select = coql.parse(_select_query(body), partial(self._columns, version), version)
        self._credits.spend(further_cost_of_query(select.limit))
        module = self._organisation.modules[select.module]
        if module.tracker and not version.is_v8:
            raise ApiError(400, "INVALID_QUERY", "the module is not supported in queries")
        table = self._store.tables[module.name]
        records, more = coql.run(select, table, self._switches.coql_converted)
        lookup = ("name", "id") if version.is_v8 else ("id",)
        shape = replace(self._shape(module, version, select.columns), lookup=lookup)
        rows = shape.cut(record.text for record in records)
        return list_response.listing(rows, {"count": len(rows), "more_records": more})

    def timeline(self, request: Request) -> Response:
        """What happened to a record."""
        if not version_of(request).is_v8:
            raise unknown_url()
        module = self._readable(request.path_params["module"])
        if not self._switches.timeline:
            raise no_scope()
        id_ = request.path_params["id"]
        record = self._related_to(module, id_)
        name = next((record.data[n] for n in DISPLAY_FIELDS if record.data.get(n)), "")
        entries = self._store.history.of(module.name, id_)
        now = self._store.now().timestamp()
        answer = timeline.answer(request, module, name, entries, self._switches, now)
        self._churn.apply(module)
        return answer

    def stage_history(self, request: Request) -> Response:
        """A page of the stages that a deal was in."""
        version, module = version_of(request), self._readable(request.path_params["module"])
        tracker = TRACKERS.get(module.name)
        if tracker is None or module.name != "Deals":
            raise unknown_url()
        number, size = paging(request)
        rows = self._trackers.of(tracker.name, request.path_params["id"])
        chosen = rows[(number - 1) * size : number * size]
        shape = self._shape(self._organisation.modules[tracker.name], version, None)
        texts = shape.cut(record.text for record in chosen)
        return list_response.page(texts, number, size, number * size < len(rows))

    def emails(self, request: Request) -> Response:
        """A page of the e-mails of a record."""
        version_of(request)
        module = self._readable(request.path_params["module"])
        self._organisation.open_module(EMAILS)
        match self._switches.emails:
            case "no_scope":
                raise no_scope()
            case "no_right":
                message = "you do not have permission to view emails for this record"
                raise ApiError(403, "NO_PERMISSION", message)
            case "no_mailbox":
                message = "IMAP is configured for the mailbox and sync is in process"
                raise ApiError(400, "CANNOT_PROCESS", message)
            case "no_call":
                raise unknown_url()
        record = self._related_to(module, request.path_params["id"])
        return emails.answer(request, self._store.emails.of(module.name, record.id))

    def unknown(self, request: Request) -> Response:
        """Any other path."""
        raise unknown_url()

    def _related_to(self, module: Module, id_: str) -> Record:
        """Return the record of which something is asked. Raises ApiError where there is none."""
        record = self._store.tables[module.name].records.get(id_)
        if record is None:
            message = "the related id given seems to be invalid"
            raise ApiError(400, "INVALID_DATA", message, id=id_)
        return record

    def _readable(self, name: str) -> Module:
        if name in self._switches.unreadable:
            raise no_scope()
        self._organisation.open_module(name)
        self._trackers.refresh(name)
        return known(self._organisation, name, self._switches)

    def _columns(self, version: Version, name: str) -> dict[str, Field]:
        """Return the fields of a module that a query may name."""
        visible = visible_fields(self._readable(name), version, self._switches)
        return {"id": Field("id", "bigint")} | {field.name: field for field in visible}

    def _query(self, request: Request, version: Version, module: Module) -> Query:
        sortable = module.sortable - self._switches.hidden.get(module.name, set())
        now = self._store.now().timestamp()
        return query(request, version, sortable, self._switches, now)

    def _shape(self, module: Module, version: Version, wanted: tuple[str, ...] | None) -> Shape:
        hidden = frozenset(self._switches.hidden.get(module.name, ()))
        return Shape(wanted, hidden, self._switches.zone, has_flag=version.is_v8)

    def _arrange(self, asked: Query) -> Arrange | None:
        """Return what puts ties into their order; by id there are none."""
        if asked.sort_by == "id" or self._switches.tie_order == "id":
            return None
        if self._switches.tie_order == "id_desc":
            return list.reverse
        return Random(f"{self._switches.seed}/ties/{next(self._calls)}").shuffle

    def _nothing(self, first: float | None) -> Response:
        """The answer to a call that finds no rows; it has no body."""
        status = HTTPStatus.NO_CONTENT if first is None else self._switches.empty_status
        return Response(status_code=status)

    def _walking(self, request: Request, asked: Query, more: bool) -> dict:
        """Return how a page of v8 says where the list goes on."""
        now = self._store.now().timestamp()
        back = page_tokens.issue(request, asked.page - 1, now) if asked.page > 1 else None
        on = page_tokens.issue(request, asked.page + 1, now) if more else None
        return {
            "sort_by": asked.sort_by,
            "sort_order": "desc" if asked.descending else "asc",
            "previous_page_token": back,
            "next_page_token": on,
            "page_token_expiry": stamp(now + page_tokens.LIFE_SECONDS) if on or back else None,
        }


def _select_query(body: bytes) -> str:
    try:
        text = msgspec.json.decode(body)["select_query"]
    except (ValueError, KeyError, TypeError):
        raise missing("select_query") from None
    if not isinstance(text, str):
        raise mismatch("select_query")
    return text


def _deleted_row(deletion: Deletion, now: float) -> dict | None:
    """Return a row of the deleted list: 60 days in the bin, 60 more without its names."""
    age = now - deletion.at
    if age > LISTED:
        return None
    in_bin = age <= IN_BIN and deletion.purged is None
    row = {"id": deletion.record.id, "type": "recycle" if in_bin else "permanent"}
    if not in_bin:
        emptied = deletion.at + IN_BIN if deletion.purged is None else deletion.purged
        gone = {"deleted_time": stamp(emptied)}
        return row | gone | dict.fromkeys(("display_name", "deleted_by", "created_by"))
    created_by = deletion.record.data.get("Created_By")
    return row | {
        "display_name": deletion.display_name,
        "deleted_time": stamp(deletion.at),
        "deleted_by": _lookup(deletion.by),
        "created_by": _lookup(created_by),
    }


def _lookup(person: dict | None) -> dict | None:
    return person and {"name": person["name"], "id": person["id"]}
