"""Find the records of a person, by telephone number, e-mail address or id, in every module."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor
from psycopg2.sql import SQL, Identifier

from aha_pipeline import sql

Key = tuple[str, str]  # module and id
# What may stand between the digits of a number, and digits of Indian scripts: the search in the
# database only narrows down, so it may let through too much, but not too little.
DIGITS = "०१२३४५६७८९"
BETWEEN = " ()-./\u00a0\u2010\u2011\u2012\u2013"
ENDING = 7  # digits that two notations of one number share, whatever precedes them
PEOPLE = ("Leads", "Contacts")
OF_PEOPLE = (*PEOPLE, "Deals", "Accounts")


class PersonError(ValueError):
    """What was given names nobody; the text says what to give."""


@dataclass(frozen=True)
class Selector:
    """Who is meant. `text` is normal: E.164, lower case, or an id; `why` is for a reader."""

    text: str
    statement: str
    parameters: dict[str, str]
    is_meant: Callable[[str], bool]
    why: str


def by_email(address: str) -> Selector:
    """Select by an e-mail address, in any case. Raises PersonError."""
    address = address.strip().casefold()
    if not re.fullmatch(r"[^\s@]+@[^\s@]+", address):
        raise PersonError("That is no e-mail address; write it as name@example.com.")
    return Selector(
        address,
        "with_email",
        {"email": address},
        lambda value: address in re.split(r"[\s,;<>]+", value.casefold()),
        "e-mail address",
    )


def by_phone(number: str, region: str) -> Selector:
    """Select by a telephone number in any notation; `region` is that of numbers without a code.

    Raises PersonError.
    """
    import phonenumbers  # 0.1 s that only this command pays

    try:
        meant = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        meant = None
    if meant is None or not phonenumbers.is_possible_number(meant):
        raise PersonError(
            "That is no telephone number; write it with its country code, such as +919812345678."
        )
    normal = phonenumbers.format_number(meant, phonenumbers.PhoneNumberFormat.E164)

    def is_meant(value: str) -> bool:
        leniency = phonenumbers.Leniency.POSSIBLE
        found = phonenumbers.PhoneNumberMatcher(value, region, leniency)
        exact = phonenumbers.MatchType.NSN_MATCH
        return any(phonenumbers.is_number_match(f.number, meant) >= exact for f in found)

    parameters = {"digits": DIGITS + BETWEEN, "ending": normal[-ENDING:]}
    return Selector(normal, "with_digits", parameters, is_meant, "telephone number")


def by_id(id_: str) -> Selector:
    """Select one record by its id, with or without the zcrm_ of an export. Raises PersonError."""
    id_ = id_.strip().removeprefix("zcrm_")
    if not re.fullmatch(r"[0-9]{1,30}", id_):
        raise PersonError("That is no id of a record; write its digits.")
    return Selector(id_, "with_id", {"id": id_}, lambda value: value == id_, "id")


def find(connection: Connection, selector: Selector) -> dict[Key, str]:
    """Return the records of a person and why each is theirs.

    A value that holds more than the address or number, such as a note that mentions it, makes no
    record theirs. With the records go those of the same person in other modules, their deals,
    calls and notes, and an account that is nobody else's.
    """
    tables = module_tables(connection)
    found: dict[Key, str] = {}
    for module, table in tables.items():
        if module == "Accounts" and selector.statement != "with_id":
            continue  # a company's number or address names no person
        parameters = {"module": module} | selector.parameters
        for row in _rows(connection, selector.statement, parameters, table):
            if field := _field_of(row["raw_data"], selector):
                found.setdefault((module, row["id"]), f"{selector.why} in {field}")
    return _with_linked(connection, found, tables)


def proposed(connection: Connection) -> dict[Key, str]:
    """Return the people and deals that Zoho says are to be erased, not forgotten yet, and why."""
    tables = module_tables(connection)
    return {
        (row["module"], row["id"]): row["why"]
        for module in PEOPLE
        for row in _rows(connection, "proposed", {"module": module}, tables[module])
    }


def with_linked(connection: Connection, found: dict[Key, str]) -> dict[Key, str]:
    """Return these records and what belongs to them."""
    return _with_linked(connection, found, module_tables(connection))


def outdated(connection: Connection, days: int) -> dict[Key, str]:
    """Return the leads that have been lost, junk or deleted for more than `days` days."""
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('analytics.lead_history') is null")
        if cursor.fetchone() == (True,):
            return {}
    rows = _rows(connection, "outdated", {"days": days})
    return {(row["module"], row["id"]): f"lost for more than {days} days" for row in rows}


def names(connection: Connection, found: Iterable[Key]) -> dict[Key, str]:
    """Return the name of each record as it is here; the id where it has none or is not here."""
    found = list(found)
    named: dict[Key, str] = dict.fromkeys(found, "(not read yet)")
    for module, table in module_tables(connection).items():
        ids = [id_ for each, id_ in found if each == module]
        for row in _rows(connection, "contents", {"ids": ids}, table) if ids else ():
            told = name_of(row["raw_data"])
            named[module, row["id"]] = told or row["id"]
    return named


def name_of(record: dict[str, Any]) -> str:
    """Return how a record is called: of a person the first and last name, of others their own."""
    full = " ".join(filter(None, (record.get("First_Name"), record.get("Last_Name")))).strip()
    others = ("Deal_Name", "Account_Name", "Subject", "Note_Title", "Name")
    return full or next((v for n in others if isinstance(v := record.get(n), str) and v), "")


def module_tables(connection: Connection) -> dict[str, str]:
    """Return the table of each module."""
    with connection.cursor() as cursor:
        cursor.execute("select module, table_name from crm.modules order by module")
        return dict(cursor.fetchall())


def keys(found: Iterable[Key]) -> dict[str, list[str]]:
    """Return records as the SQL parameters `modules` and `ids`."""
    found = list(found)
    return {"modules": [m for m, _ in found], "ids": [i for _, i in found]}


def _with_linked(
    connection: Connection, found: dict[Key, str], tables: dict[str, str]
) -> dict[Key, str]:
    found = dict(found)
    while new := _new(connection, "linked", found):
        found |= dict.fromkeys(new, "of the same person")
    found |= dict.fromkeys(_new(connection, "own_accounts", found), "of nobody else")
    ids = sorted({id_ for _, id_ in found})
    for module, table in tables.items():
        if module not in OF_PEOPLE:
            parameters = {"module": module, "ids": ids}
            for row in _rows(connection, "attached", parameters, table):
                found.setdefault((module, row["id"]), "attached to one of them")
    return found


def _new(connection: Connection, statement: str, found: dict[Key, str]) -> list[Key]:
    return [(row["module"], row["id"]) for row in _rows(connection, statement, keys(found))]


def _field_of(record: dict[str, Any], selector: Selector) -> str | None:
    return next((name for name, value in _texts(record) if selector.is_meant(value)), None)


def _texts(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in record.items() if isinstance(value, str))


def _rows(
    connection: Connection, name: str, parameters: dict[str, Any], table: str | None = None
) -> list[dict[str, Any]]:
    statement: Any = sql.statement("warehouse/erasure", name)
    if table is not None:
        statement = SQL(statement).format(table=Identifier(table))
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(statement, parameters)
        return [dict(row) for row in cursor]
