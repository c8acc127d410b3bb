"""On Supabase the web roles read nothing: private schemas, and a second wall before the rows."""

from collections.abc import Iterator
from datetime import date

import psycopg2
import pytest

from aha_pipeline.instance import home
from aha_pipeline.settings import Settings
from aha_pipeline.warehouse.connection import connect, connect_reader
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.migrate import migrate
from aha_pipeline_tests.kit.servers import SUPABASE_ROLES, create_supabase_roles
from aha_pipeline_tests.warehouse.marts_company import build, company, deal, ist, lead, put

FIRST, LAST = date(2025, 3, 1), date(2025, 3, 10)
OURS = "('crm', 'analytics', 'dagster', 'aha_migrations', 'aha_private')"


@pytest.fixture(scope="module")
def supabase(module_empty_database_url: str) -> str:
    """A new database with Supabase's roles and default rights, migrated after them."""
    url = module_empty_database_url
    create_supabase_roles(url)
    migrate(url)
    return url


@pytest.fixture(scope="module")
def filled(supabase: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """With records, marts built twice, a further module, and Dagster's tables."""
    with company(supabase) as connection:
        put(connection, "Leads", lead(1, ist("2025-03-01 10:00:00")))
        put(connection, "Deals", deal(1, ist("2025-03-03 10:00:00")))
        for _ in range(2):
            build(connection, FIRST, LAST)
            connection.commit()
        with connection.cursor() as cursor:
            cursor.execute("select crm.ensure_module('Invoices', 'crm_invoices')")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DAGSTER_HOME", "DAGSTER_POSTGRES_URL", "DAGSTER_EVENT_BATCH_SIZE"):
            patch.setenv(name, "")
        folder = tmp_path_factory.mktemp("home")
        home.prepare(Settings(_env_file=None, database_url=supabase, aha_home=folder))
        home.make_tables(supabase)
        with home.open_instance():
            yield supabase


def relations(url: str, *kinds: str, schemas: str = OURS) -> list[str]:
    """The tables (r) and views (v) of our schemas, as `schema.name`."""
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select format('%%I.%%I', relnamespace::regnamespace, relname) from pg_class"  # noqa: S608
            f" where relnamespace::regnamespace::text in {schemas} and relkind = any(%s)",
            [list(kinds)],
        )
        return [name for (name,) in cursor]


@pytest.mark.parametrize("role", SUPABASE_ROLES)
def test_the_web_roles_read_nothing(filled, role):
    names = relations(filled, "r", "v")
    assert {"crm.leads_raw", "crm.crm_invoices", "analytics.kpis", "dagster.runs"} <= set(names)
    with connect(filled, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"set role {role}")
        for name in names:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(f"select * from {name}")  # noqa: S608
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("select crm.ensure_module('x', 'y')")


def test_nothing_of_ours_lies_in_public_where_the_web_roles_have_every_right(filled):
    assert relations(filled, "r", "v", "S", schemas="('public')") == []


def test_with_every_right_granted_by_mistake_the_web_roles_still_read_no_row(filled):
    names = relations(filled, "r", "v")
    assert {"dagster.runs", "aha_migrations._yoyo_migration"} <= set(names)
    with connect(filled) as connection, connection.cursor() as cursor:
        for schema in ("crm", "analytics", "dagster", "aha_migrations", "aha_private"):
            cursor.execute(f"grant usage on schema {schema} to anon")
            cursor.execute(f"grant select on all tables in schema {schema} to anon")
        cursor.execute("set local role anon")
        for name in names:
            cursor.execute(f"select * from {name}")  # noqa: S608
            assert cursor.fetchall() == [], name
        connection.rollback()


def test_every_table_has_its_wall_and_every_view_the_rights_of_who_asks(filled):
    with connect(filled) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relkind in ('r', 'v')"  # noqa: S608
            f" and relnamespace::regnamespace::text in {OURS}"
            " and not relrowsecurity"
            " and not coalesce(reloptions, '{}') @> '{security_invoker=true}'"
        )
        assert cursor.fetchall() == []


def test_the_reader_still_reads_every_row(filled):
    with (
        connect_reader(filled) as reader,
        connect(filled) as owner,
        reader.cursor() as theirs,
        owner.cursor() as ours,
    ):
        for mart in read_marts():
            count = f"select count(*) from {mart.relation}"  # noqa: S608
            theirs.execute(count)
            ours.execute(count)
            assert theirs.fetchone() == ours.fetchone(), mart.name
        theirs.execute("select count(*) from crm.leads_raw")
        assert theirs.fetchone() == (1,)


def test_an_owner_who_is_no_superuser_can_run_everything(empty_database_url, postgres):
    """As `postgres` on Supabase: it may create roles, and is no superuser."""
    name = f"owner_{empty_database_url.partition('test_')[2].partition('?')[0]}"
    database = f"test_{name.removeprefix('owner_')}"
    with connect(postgres, autocommit=True) as admin, admin.cursor() as cursor:
        cursor.execute(f"create role {name} login createrole bypassrls")
        cursor.execute(f"alter database {database} owner to {name}")
        # Each server here has one aha_reader, which another database's owner may have made.
        cursor.execute(
            "do $$ begin if exists (select from pg_roles where rolname = 'aha_reader') then"
            f" grant aha_reader to {name} with admin option; end if; end $$"
        )
    url = empty_database_url.replace("postgres:@", f"{name}@").replace("postgres@", f"{name}@")
    try:
        migrate(url)
        with company(url) as connection:
            put(connection, "Leads", lead(1, ist("2025-03-01 10:00:00")))
            build(connection, FIRST, LAST)
        with connect_reader(url) as reader, reader.cursor() as cursor:
            cursor.execute("select count(*) from analytics.leads")
            assert cursor.fetchone() == (1,)
    finally:
        with connect(postgres, autocommit=True) as admin, admin.cursor() as cursor:
            cursor.execute(f"alter database {database} owner to postgres")
            for statement in (f"reassign owned by {name} to postgres", f"drop owned by {name}"):
                with connect(empty_database_url) as inside, inside.cursor() as other:
                    other.execute(statement)
            cursor.execute(f"drop role {name}")
