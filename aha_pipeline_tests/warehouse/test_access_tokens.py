"""The token that all machines on one database share, and that the database does not give away."""

from functools import partial

import psycopg2
import pytest

from aha_pipeline.crm.errors import TokenRefused, ZohoUnavailable
from aha_pipeline.crm.organisation import read_organisation
from aha_pipeline.warehouse.access_tokens import TokenStore
from aha_pipeline.warehouse.connection import connect, connect_reader
from aha_pipeline_tests.crm.connections import connect as client
from aha_pipeline_tests.crm.connections import start_empty


@pytest.fixture
def sandbox(tmp_path):
    with start_empty(tmp_path) as running:
        yield running


@pytest.fixture
def store(database_url):
    return TokenStore(partial(connect, database_url))


def test_any_number_of_machines_share_one_token(sandbox, store):
    clients = [client(sandbox.url, store) for _ in range(30)]
    assert len({read_organisation(one).id for one in clients}) == 1


def test_a_shared_token_that_died_is_replaced_for_all(sandbox, store):
    first, second = client(sandbox.url, store), client(sandbox.url, store)
    read_organisation(first)
    sandbox.tokens.revoke_all()
    for one in (first, second):
        assert read_organisation(one).id


def test_no_more_tokens_are_asked_for_than_zoho_makes_whoever_asks(sandbox, store):
    for _ in range(10):
        read_organisation(client(sandbox.url, store))
        sandbox.tokens.revoke_all()
    sandbox.switches.tokens_per_window = 1_000
    with pytest.raises(ZohoUnavailable, match="ten minutes"):
        read_organisation(client(sandbox.url, store))


def test_another_connection_does_not_get_the_token(sandbox, store):
    read_organisation(client(sandbox.url, store))
    with pytest.raises(TokenRefused):
        read_organisation(client(sandbox.url, store, refresh_token="invalid"))


def test_what_is_kept_holds_no_token_and_no_credential(sandbox, store, database_url):
    used = client(sandbox.url, store)
    read_organisation(used)
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("select t::text from aha_private.access_tokens t")
        (kept,) = (row[0] for row in cursor)
    assert used._tokens.get().value not in kept
    assert "se-cret" not in kept
    assert "re-fresh" not in kept


def test_the_readers_role_cannot_see_it(sandbox, store, database_url):
    read_organisation(client(sandbox.url, store))
    with (
        connect_reader(database_url) as connection,
        connection.cursor() as cursor,
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
    ):
        cursor.execute("select * from aha_private.access_tokens")
