"""Marts of single records, of random ones, against plain Python."""

import pytest

from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline_tests.oracle.raw_marts import MARTS, faults_of_raw, landed

SELECTS = {mart.name: mart.select for mart in read_marts()}


@pytest.fixture(params=[1, 2, 3], scope="module")
def stage(request, module_database_url):
    with landed(module_database_url, request.param) as stage:
        yield stage


@pytest.mark.parametrize("mart", MARTS)
def test_a_mart_says_of_each_record_what_it_is(stage, mart):
    assert faults_of_raw(stage, mart, SELECTS[mart]) == []
