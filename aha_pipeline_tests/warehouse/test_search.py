"""What a search finds, against a program that looks at every record and shares no SQL with it."""

import re
from datetime import datetime, timedelta
from random import Random

import msgspec
import pytest
from psycopg2.extras import execute_values

from aha_pipeline import sql
from aha_pipeline.warehouse.connection import connect
from aha_pipeline_tests.warehouse.marts_company import TABLES, company, deal, lead

LEADS = 6000  # more than are looked up by the index alone
BEGIN = datetime.fromisoformat("2025-01-01T09:00:00+05:30")
MARKS = re.compile(r"[\s,;:.@_|/\\()\[\]\"'&+<>-]+")
TEXTS = ("First_Name", "Last_Name", "Company", "Deal_Name", "Email")
# A word that all share, that half do, that one in forty does; that only the oldest do; that no
# record has together with another; the beginnings of words, digits, numbers and ids.
SOUGHT = [
    "asha", "AS", "lead", "example.com", "lead asha", "com example asha",
    "lead 1234", "asha lead 39", "17 LEAD", "asha rao", "rao", "lead rao", "nair asha example",
    "asha import", "import lead example", "import", "import 12",
    "even odd", "even odd asha", "odd lead", "even 20",
    "deal", "deal 12", "villa deal", "deal asha", "villa lead",
    "9", "12", "3999@example.com", "98450 12", "9845000012", "+91 98450-00012", "09845 000 0",
    "L17", "l17", "D3", "nobody", "asha nobody", "gone", "lead gone", "undated lead", "undated",
]  # fmt: skip


def written(minute: float) -> str:
    return (BEGIN + timedelta(minutes=minute)).isoformat(timespec="seconds")


def drawn_lead(number: int, rng: Random) -> dict:
    """A lead written in a minute of its own, the later the higher its number."""
    words = ["Asha"]
    if number < LEADS / 2:
        words.append("Import")
    if rng.random() < 1 / 40:
        words.append(rng.choice(["Rao", "Nair", "Raosaheb"]))
    record = lead(
        number,
        written(number),
        First_Name=" ".join(words),
        Company="Even" if number % 2 == 0 else "Odd",
        Email=f"{number}@example.com",
        Mobile=f"+91 98450-{number:05}",
    )
    if number % 500 == 7:
        record |= {"Last_Name": "Undated lead", "Modified_Time": None}
    return record


@pytest.fixture(scope="module")
def records(module_database_url):
    """The live records of the company, by module, and the address they stand in."""
    rng = Random("search")
    put = {
        "Leads": [drawn_lead(number, rng) for number in range(LEADS)],
        "Deals": [
            deal(
                n, written(10 * n + 5.5), **({"Deal_Name": f"Villa deal {n}"} if n % 3 == 0 else {})
            )
            for n in range(300)
        ],
    }
    gone = lead(LEADS, written(LEADS), First_Name="Asha", Last_Name="Gone lead 1234")
    with company(module_database_url) as connection, connection.cursor() as cursor:
        for module, of_it in (*put.items(), ("Leads", [gone])):
            deleted = written(LEADS) if of_it == [gone] else None
            execute_values(
                cursor,
                f"insert into crm.{TABLES[module]} (id, deleted_at, raw_data) values %s",  # noqa: S608
                [(one["id"], deleted, msgspec.json.encode(one).decode()) for one in of_it],
            )
        cursor.execute("analyze crm.leads_raw")  # how many there are
    return module_database_url, put


def last_digits(text: str) -> str | None:
    """The last ten digits of a text that is a telephone number, as the page gives them."""
    digits = re.sub(r"\D", "", text)
    is_number = re.fullmatch(r"[+\d\s().\-/]{7,}", text) and 7 <= len(digits) <= 14
    return digits[-10:] if is_number else None


def expected(put: dict[str, list[dict]], text: str) -> list[tuple[str, str]]:
    number = last_digits(text)

    def fits(record: dict) -> bool:
        if record["id"] == text:
            return True
        if number:
            return re.sub(r"\D", "", record.get("Mobile", ""))[-10:].startswith(number)
        has = MARKS.split(" ".join(str(record.get(field, "")) for field in TEXTS).lower())
        sought = [word for word in MARKS.split(text.lower()) if word]
        return bool(sought) and all(any(h.startswith(word) for h in has) for word in sought)

    found = [(module, one) for module, of_it in put.items() for one in of_it if fits(one)]
    dated = [pair for pair in found if pair[1]["Modified_Time"]]
    dated.sort(key=lambda pair: pair[1]["Modified_Time"], reverse=True)
    undated = sorted(pair[1]["id"] for pair in found if not pair[1]["Modified_Time"])
    ids = [(module, one["id"]) for module, one in dated] + [("Leads", id_) for id_ in undated]
    return ids[:20]


@pytest.mark.parametrize("text", SOUGHT)
def test_a_search_finds_what_a_look_at_every_record_does(records, text):
    url, put = records
    asked = {"text": text, "number": last_digits(text)}
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(sql.read("dashboard/search"), asked)
        found = [(module, id_) for module, id_, *_ in cursor]
    assert found == expected(put, text)


FIELDS = (
    "First_Name", "Last_Name", "Full_Name", "Deal_Name", "Company", "Account_Name", "Contact_Name",
    "Email", "Secondary_Email", "Phone", "Mobile", "Other_Phone", "Home_Phone",
)  # fmt: skip
PIECES = (
    "", " ", "\u00a0", "\u2003", "\t\n", "Asha", "asha", "İstanbul", "ΣΊΣΥΦΟΣ", "मीरा शर्मा",
    "株" * 700, "x" * 1999, "é" * 1100, "a.b@c-d|e_f",
    "\\'\"&+<>[]()", "🏠", "tel12345678", "null", "\u200b",
    "+91 98450-00001", "(020) 4711 2233", "12-34", "٩٨٤٥٠٠٠٠٠١", "0" * 40,
    "98450,00001/98450 00002",
)  # fmt: skip


def drawn_text(rng: Random) -> object:
    text = "".join(rng.choice(PIECES) for _ in range(rng.randrange(5)))
    return rng.choice([text, text, text, None, {"name": text, "id": "7"}, [text], 9845000001, True])


@pytest.mark.parametrize("seed", range(3))
def test_the_words_of_a_record_are_those_an_older_index_holds(database_url, seed):
    before, _, _ = (sql.ROOT / "migrations/0160.search.sql").read_text().partition("create index")
    rng = Random(seed)
    drawn = [
        {field: drawn_text(rng) for field in rng.sample(FIELDS, rng.randrange(len(FIELDS)))}
        for _ in range(500)
    ]
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("create schema older")
        cursor.execute(before.replace("crm.", "older."))
        cursor.execute(
            "select record from jsonb_array_elements(%s) record "
            "where crm.search_terms(record) is distinct from older.search_terms(record)",
            [msgspec.json.encode(drawn).decode()],
        )
        assert cursor.fetchall() == []


MARK = "\t\n\v\f\r ,;:.@_|/\\()[]\"'&+<>-"


@pytest.mark.parametrize("around", ["Asha", "Ășhà", "आशा", ""])
def test_a_record_is_found_by_its_words_whatever_mark_parts_them(module_database_url, around):
    texts = [f"{around}{mark}One{mark}{mark}two" for mark in MARK]
    texts += [MARK.join(["a", f"b{around}", "c"]), MARK, f"{around}=One#two%three*four"]
    with connect(module_database_url) as connection, connection.cursor() as cursor:
        for text in texts:
            record = msgspec.json.encode({"Company": text, "Phone": "+91 (98450)-00012 ٣"}).decode()
            cursor.execute(
                "select tsvector_to_array(crm.search_terms(%s)), crm.search_words(%s)",
                (record, text),
            )
            [(terms, words)] = cursor
            expected = {word for word in MARKS.split(text.lower()) if word}
            assert set(terms) == expected | {"tel9845000012"}, text
            assert set(words) == expected
