"""The audit of dependencies fails on findings, and on nothing that the network does."""

import importlib.util
import json
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[1] / ".ci" / "audit.py"


@pytest.fixture(scope="module")
def audit():
    spec = importlib.util.spec_from_file_location("audit", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_finding_fails_and_is_named(audit):
    problem = {"id": "PYSEC-2026-1", "fix_versions": ["1.1"]}
    packages = [
        {"name": "one", "version": "1.0", "vulns": [problem]},
        {"name": "two", "version": "2.0", "vulns": []},
    ]
    status, said = audit.report(json.dumps({"dependencies": packages}))
    assert status == 1
    assert "one 1.0: PYSEC-2026-1, mended in 1.1" in said
    assert "2 of 2 packages" in said


def test_no_finding_passes(audit):
    packages = [{"name": "two", "version": "2.0", "vulns": []}]
    assert audit.report(json.dumps({"dependencies": packages}))[0] == 0


@pytest.mark.parametrize(
    "output",
    ["", "<html>", json.dumps({"dependencies": [{"name": "one", "skip_reason": "not found"}]})],
)
def test_a_service_that_cannot_be_asked_is_said_and_is_no_failure(audit, output):
    status, said = audit.report(output)
    assert status == 0
    assert "NOT DONE" in said
