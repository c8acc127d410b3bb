"""Every error of the database becomes one sentence, from real errors of a real server."""

import psycopg2
import pytest

from aha_pipeline.warehouse import errors
from aha_pipeline.warehouse.connection import DatabaseUnreachable, connect
from aha_pipeline.warehouse.migrate import SchemaIsNewer, migrate

PRIVATE = "Asha Rao +919812345678"
CODES = [code for code in errors.SENTENCES if len(code) == 5]


def execute(url: str, *statements: str) -> None:
    with connect(url) as connection:
        for statement in statements:
            with connection.cursor() as cursor:
                cursor.execute(statement)


def raised(url: str, *statements: str) -> psycopg2.Error:
    """Return the error that the last of these statements meets."""
    with pytest.raises(psycopg2.Error) as caught:
        execute(url, *statements)
    return caught.value


@pytest.mark.parametrize("code", [*CODES, "08006", "23505", "53400", "58030", "22P02", "0A000"])
def test_an_error_of_each_code_is_told_without_the_words_of_the_server(database_url, code):
    error = raised(
        database_url,
        f"do $$ begin raise exception '{PRIVATE}' using errcode = '{code}'; end $$",
    )
    said = errors.sentence(error)
    assert said == errors.sentence_of_class(type(error).__name__)
    assert "\n" not in said
    assert said.endswith((".", ")."))
    assert PRIVATE.split()[0] not in said
    is_told_apart = code in errors.SENTENCES or code[:2] in errors.SENTENCES
    assert is_told_apart or code in said


@pytest.mark.parametrize(
    ("statements", "word"),
    [
        (["select pg_terminate_backend(pg_backend_pid())"], "was lost"),
        (["set statement_timeout = 20", "select pg_sleep(9)"], "statement_timeout"),
        (["set transaction read only", "delete from crm.leads_raw"], "read-only"),
        (["select * from analytics.no_such_mart"], "aha migrate"),
        (["set role aha_reader", "delete from crm.leads_raw"], "lacks a right"),
    ],
)
def test_what_really_happens_is_told(database_url, statements, word):
    assert word in errors.sentence(raised(database_url, *statements))


def test_a_connection_that_is_closed_is_told_as_lost(database_url):
    with connect(database_url, autocommit=True) as connection:
        connection.close()
        with pytest.raises(psycopg2.InterfaceError) as caught:
            connection.cursor()
    assert errors.sentence(caught.value) == errors.LOST


@pytest.mark.parametrize(
    "words",
    [
        "FATAL:  sorry, too many clients already",
        "FATAL:  remaining connection slots are reserved for roles with SUPERUSER",
        'FATAL:  too many connections for role "aha"',
    ],
)
def test_a_refusal_at_connect_is_told_by_its_words(words):
    assert errors.sentence(psycopg2.OperationalError(words)) == errors.TOO_MANY


def test_a_server_that_ended_in_mid_answer_is_a_lost_connection():
    # psycopg2 has no class of its own for it, and no code.
    error = psycopg2.DatabaseError("server closed the connection unexpectedly\n\tThis probably")
    assert errors.sentence(error) == errors.LOST
    assert errors.sentence_of_class("DatabaseError") == errors.LOST


def test_a_socket_without_a_server_blames_no_setting(tmp_path):
    with (
        pytest.raises(DatabaseUnreachable, match="give the command again") as caught,
        connect(f"postgresql://aha@/aha?host={tmp_path}"),
    ):
        pass
    assert "check DATABASE_URL" not in str(caught.value)


def test_an_error_is_found_under_those_that_wrap_it():
    of_database = psycopg2.errors.DiskFull("full")
    wrapped = RuntimeError("a step failed")
    wrapped.__cause__ = ValueError("of SQLAlchemy")
    wrapped.__cause__.orig = of_database
    wrapped.__context__ = wrapped  # a circle
    assert errors.find(wrapped) is of_database
    assert errors.find(RuntimeError("another")) is None
    assert errors.sentence_of_class("RuntimeError") is None


def test_a_schema_of_a_newer_version_is_refused_and_left_as_it_is(database_url):
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into aha_migrations._yoyo_migration (migration_hash, migration_id, "
            "applied_at_utc) values ('x', '9000.from_the_future', now())"
        )
    with pytest.raises(SchemaIsNewer, match=r"9000\.from_the_future .*newer version"):
        migrate(database_url)


def raised_from(cause: BaseException) -> RuntimeError:
    wrapped = RuntimeError(f"while {PRIVATE} was read")
    wrapped.__cause__ = cause
    return wrapped


@pytest.mark.parametrize(
    ("cause", "word"),
    [
        (MemoryError(), "too little memory"),
        (psycopg2.OperationalError("out of memory"), "too little memory"),
        (psycopg2.InterfaceError("connection already closed"), "connection to the database"),
        (OSError(28, "No space left on device", "/var/x"), "no room left"),
        (PermissionError(13, "Permission denied", "/var/x"), "may not use /var/x"),
    ],
)
def test_what_refused_is_told_from_an_error_as_from_what_dagster_keeps_of_it(cause, word):
    said = errors.meaning(raised_from(cause))
    assert word in said
    assert said == errors.meaning_of(type(cause).__name__, str(cause))


def test_an_error_of_nothing_that_refused_has_no_such_meaning():
    error = raised_from(KeyError("Lead_Status"))
    assert errors.meaning(error) is None
    assert errors.meaning_of("KeyError", str(error)) is None


def test_an_error_of_ours_is_told_in_its_own_words_and_not_in_those_of_its_cause(tmp_path):
    with pytest.raises(DatabaseUnreachable) as caught, connect(f"host={tmp_path} dbname=x"):
        pass
    assert errors.meaning(caught.value) == errors.LOST
    assert errors.meaning(caught.value, alone=True) is None
