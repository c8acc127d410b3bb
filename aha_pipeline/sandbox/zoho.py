"""Zoho CRM v2 over HTTP: lists, single records, deleted records, metadata.

What the reference leaves open is decided here so: `If-Modified-Since` is inclusive; a page beyond
the end is a 204; `per_page` above 200 is read as 200; the deleted list is in order of id, newest
first; an unreadable `If-Modified-Since` is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus
from itertools import count
from random import Random

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aha_pipeline.sandbox.churn import Hand
from aha_pipeline.sandbox.clock import instant_of, stamp
from aha_pipeline.sandbox.members import members
from aha_pipeline.sandbox.modules import Module
from aha_pipeline.sandbox.organisation import Organisation
from aha_pipeline.sandbox.parameters import Refusal, mismatch, paging, query, since
from aha_pipeline.sandbox.records import Arrange, Deletion, Query, Record
from aha_pipeline.sandbox.switches import Switches
from aha_pipeline.sandbox.tokens import Tokens

DAY = 86_400
IN_BIN, LISTED = 60 * DAY, 120 * DAY
USER_TYPES: dict[str, Callable[[dict], bool]] = {
    "AllUsers": lambda user: True,
    "ActiveUsers": lambda user: user["status"] == "active",
    "DeactiveUsers": lambda user: user["status"] == "disabled",
    "ActiveConfirmedUsers": lambda user: user["status"] == "active" and user["confirm"],
}


def routes(organisation: Organisation, tokens: Tokens, switches: Switches) -> list[Route]:
    """Return the routes of the CRM."""
    crm = Crm(organisation, switches)

    def route(path: str, answer: Callable[[Request], Response]) -> Route:
        return Route(path, partial(_guarded, tokens, organisation, answer), methods=METHODS)

    return [
        route("/crm/v2/org", crm.org),
        route("/crm/v2/users", crm.users),
        route("/crm/v2/settings/modules", crm.modules),
        route("/crm/v2/settings/modules/{module}", crm.module),
        route("/crm/v2/settings/fields", crm.fields),
        route("/crm/v2.1/{module}/actions/count", crm.count),
        route("/crm/v2/{module}", crm.list),
        route("/crm/v2/{module}/deleted", crm.deleted),
        route("/crm/v2/{module}/{id}", crm.get),
        route("/crm/{rest:path}", crm.unknown),
    ]


METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


async def _guarded(
    tokens: Tokens,
    organisation: Organisation,
    answer: Callable[[Request], Response],
    request: Request,
) -> Response:
    """Check the token and the method, answer, and put a refusal into its envelope."""
    try:
        _check_token(tokens, request.headers.get("authorization", ""))
        if request.method != "GET":
            raise Refusal(
                400, "INVALID_REQUEST_METHOD", "The http request method type is not valid"
            )
        with organisation.store.lock:
            return answer(request)
    except Refusal as refusal:
        return JSONResponse(refusal.body, refusal.status)


def _check_token(tokens: Tokens, header: str) -> None:
    scheme, _, token = header.partition(" ")
    if scheme not in ("Zoho-oauthtoken", "Bearer") or not token:
        raise Refusal(401, "AUTHENTICATION_FAILURE", "Authentication failed")
    if not tokens.use(token):
        raise Refusal(401, "INVALID_TOKEN", "invalid oauth token")


class Crm:
    """The answers to the calls, one method a route."""

    def __init__(self, organisation: Organisation, switches: Switches) -> None:
        self._organisation, self._switches = organisation, switches
        self._store = organisation.store
        self._churn = Hand(organisation.store)
        self._calls = count()

    def list(self, request: Request) -> Response:
        """A page of records."""
        module = self._readable(request.path_params["module"])
        asked = query(request, module, self._switches)
        records, total = self._store.tables[module.name].page(asked, self._arrange(asked))
        texts = _texts(records, request.query_params.get("fields"))
        self._churn.disturb(module)
        if not texts:
            return self._nothing(asked.since)
        return _page(texts, asked.page, asked.per_page, total)

    def _arrange(self, asked: Query) -> Arrange | None:
        """Return what puts ties into their order; by id there are none."""
        if asked.sort_by == "id" or self._switches.tie_order == "id":
            return None
        if self._switches.tie_order == "id_desc":
            return list.reverse
        return Random(f"{self._switches.seed}/ties/{next(self._calls)}").shuffle

    def _nothing(self, since: float | None) -> Response:
        """The answer to a call that finds no rows; it has no body."""
        status = HTTPStatus.NO_CONTENT if since is None else self._switches.empty_status
        return Response(status_code=status)

    def get(self, request: Request) -> Response:
        """One record; an unknown id has no content."""
        module = self._readable(request.path_params["module"])
        id_ = request.path_params["id"]
        record = self._store.tables[module.name].records.get(id_)
        if record is None and not id_.isdigit():
            raise Refusal(400, "INVALID_DATA", "the id given seems to be invalid", id=id_)
        if record is None:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        texts = _texts([record], request.query_params.get("fields"))
        return _json(b'{"data":[' + texts[0] + b"]}")

    def deleted(self, request: Request) -> Response:
        """A page of the recycle bin, and of what was in it."""
        module = self._readable(request.path_params["module"])
        wanted = request.query_params.get("type", "all")
        if wanted not in ("all", "recycle", "permanent"):
            raise mismatch("type")
        page, per_page = paging(request)
        start, now = since(request, self._switches), self._store.now().timestamp()
        bin_ = self._store.tables[module.name].deletions
        rows = [
            row
            for id_ in sorted(bin_, reverse=True)
            if (row := _deleted_row(bin_[id_], now))
            and wanted in ("all", row["type"])
            and (start is None or instant_of(row["deleted_time"]) >= start)
        ]
        chosen = rows[(page - 1) * per_page : page * per_page]
        if not chosen:
            return self._nothing(start)
        return _page(map(orjson.dumps, chosen), page, per_page, len(rows))

    def count(self, request: Request) -> Response:
        """How many records a list call with the same parameters finds in all."""
        module = self._readable(request.path_params["module"])
        asked = query(request, module, self._switches)
        return JSONResponse({"count": self._store.tables[module.name].page(asked)[1]})

    def modules(self, request: Request) -> Response:
        """All modules."""
        known = self._organisation.modules.values()
        return JSONResponse({"modules": [m.metadata(n) for n, m in enumerate(known, start=1)]})

    def module(self, request: Request) -> Response:
        """One module."""
        module = self._known(request.path_params["module"])
        position = list(self._organisation.modules).index(module.name) + 1
        return JSONResponse({"modules": [module.metadata(position)]})

    def fields(self, request: Request) -> Response:
        """The fields of a module."""
        if "module" not in request.query_params:
            message = "One of the expected parameter is missing"
            raise Refusal(400, "REQUIRED_PARAM_MISSING", message, param_name="module")
        module = self._known(request.query_params["module"])
        if not module.fields:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        return JSONResponse({"fields": module.fields_metadata()})

    def users(self, request: Request) -> Response:
        """A page of users."""
        chosen = USER_TYPES.get(request.query_params.get("type", "AllUsers"))
        if chosen is None:
            raise mismatch("type")
        page, per_page = paging(request)
        users = [user for user in self._organisation.users() if chosen(user)]
        slice_ = users[(page - 1) * per_page : page * per_page]
        return _page(map(orjson.dumps, slice_), page, per_page, len(users), key=b"users")

    def org(self, request: Request) -> Response:
        """The organisation."""
        return JSONResponse({"org": [self._organisation.metadata()]})

    def unknown(self, request: Request) -> Response:
        """Any other path."""
        message = "Please check if the URL trying to access is a correct one"
        raise Refusal(404, "INVALID_URL_PATTERN", message)

    def _known(self, name: str) -> Module:
        if name not in self._organisation.modules:
            message = "the module name given seems to be invalid"
            raise Refusal(400, "INVALID_MODULE", message, resource_path_index=0)
        return self._organisation.modules[name]

    def _readable(self, name: str) -> Module:
        if name in self._switches.unreadable:
            raise Refusal(401, "OAUTH_SCOPE_MISMATCH", "Unauthorized")
        return self._known(name)


def _texts(records: Iterable[Record], fields: str | None) -> list[bytes]:
    """Return the JSON of the records, cut down to the named fields where any are named."""
    if not fields:
        return [record.text for record in records]
    wanted = {name.strip() for name in fields.split(",")} | {"id"}
    return [_subset(record.text, wanted) for record in records]


def _subset(text: bytes, wanted: set[str]) -> bytes:
    kept = (part for name, part in members(text.decode()) if name in wanted)
    return b"{" + ",".join(kept).encode() + b"}"


def _deleted_row(deletion: Deletion, now: float) -> dict | None:
    """Return a row of the deleted list: 60 days in the bin, 60 more without its names."""
    age = now - deletion.at
    if age > LISTED:
        return None
    emptied = deletion.at + IN_BIN if deletion.purged is None else deletion.purged
    in_bin = age <= IN_BIN and deletion.purged is None
    row = {"id": deletion.record.id, "type": "recycle" if in_bin else "permanent"}
    if not in_bin:
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


def _page(
    texts: Iterable[bytes], page: int, per_page: int, total: int, key: bytes = b"data"
) -> Response:
    texts = list(texts)
    if not texts:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    more = page * per_page < total
    info = {"per_page": per_page, "count": len(texts), "page": page, "more_records": more}
    rows = b",".join(texts)
    return _json(b'{"%s":[%s],"info":%s}' % (key, rows, orjson.dumps(info)))


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json;charset=utf-8")
