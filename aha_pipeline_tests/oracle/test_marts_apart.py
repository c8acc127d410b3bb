"""Marts of drawn rows of what they read, against plain Python; with one thing changed, too.

All mutants of each are tried by `make mutants`: each is wrong in one of the companies drawn, or is
listed with the reason why it says the same in any.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

import pytest

from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline_tests.oracle.apart import JUDGES
from aha_pipeline_tests.oracle.figures import Rows
from aha_pipeline_tests.oracle.mutants import (
    ALL,
    alive_of,
    is_right_apart,
    mutants,
)
from aha_pipeline_tests.oracle.stand_ins import Drawn, Judge, faults_of, stand_in
from aha_pipeline_tests.warehouse.marts_company import build, name_organisation

MANY = 60 if ALL else 12  # drawn companies
ZONES = ("UTC", "Asia/Kolkata", "America/Sao_Paulo", "Pacific/Auckland")
MARTS = {mart.name: mart for mart in read_marts()}


@pytest.fixture(scope="module")
def cursor(module_database_url):
    with connect(module_database_url) as connection, connection.cursor() as cursor:
        name_organisation(connection, "UTC")
        build(connection)
        yield cursor
        connection.rollback()


@contextmanager
def alone(cursor, judge: Judge) -> Iterator[None]:
    """Let plain tables stand in place of what a mart reads."""
    cursor.execute("savepoint whole")
    try:
        for relation in judge.reads:
            stand_in(cursor, relation)
        yield
    finally:
        cursor.execute("rollback to savepoint whole")


def drawn(cursor, seed: int) -> Drawn:
    zone = ZoneInfo(ZONES[seed % len(ZONES)])
    cursor.execute("update crm.organisation set timezone = %s", [zone.key])
    cursor.execute("select now()")
    [(now,)] = cursor
    return Drawn(cursor, Random(seed), now, zone)


@pytest.mark.parametrize("name", JUDGES)
def test_a_mart_is_right_and_each_mutant_of_it_is_wrong(cursor, name, capsys):
    mart, judge = MARTS[name], JUDGES[name]
    changed = list(mutants(mart.select).items())[1:] if ALL else []
    alive = dict(changed)

    def is_right(company: Drawn, select: str, right: Rows) -> bool:
        return not faults_of(company, mart, select, judge, right)

    with alone(cursor, judge):
        for seed in range(MANY):
            company = drawn(cursor, seed)
            right = judge.judge(company)
            assert faults_of(company, mart, mart.select, judge, right) == []
            for select in list(alive):
                if not is_right_apart(cursor, partial(is_right, company, select, right)):
                    del alive[select]
    if ALL:
        assert alive_of(name, changed, alive.__contains__, capsys) == []
