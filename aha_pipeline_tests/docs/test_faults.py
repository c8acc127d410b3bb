"""The table of faults names what `make faults` runs, and each situation that there is."""

import ast
import re

from aha_pipeline.commands.up import ROOT

TESTS = ROOT / "aha_pipeline_tests"


def functions(text: str) -> set[str]:
    return {one.name for one in ast.parse(text).body if isinstance(one, ast.FunctionDef)}


def run_by_make() -> list[str]:
    """Return the folders, files and tests that `make faults` runs."""
    text = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    listed = re.search(r"^FAULT_TESTS := \$\(addprefix aha_pipeline_tests/,(.*)\)$", text, re.M)
    return listed[1].split()


def test_each_fault_is_held_by_something_that_make_faults_runs():
    rows = re.findall(r"^\| [^|]+ \| (.+) \|$", (ROOT / "docs/faults.md").read_text(), re.M)
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    script = (ROOT / ".ci/fault_situations.py").read_text()
    tuple_ = re.search(r"^SITUATIONS.*?\((.*?)^\)", script, re.M | re.S)
    situations = set(re.findall(r"\w+", tuple_[1]))
    tests = set()
    for path in run_by_make():
        file, _, name = path.partition("::")
        found = TESTS / file
        for one in [found] if found.is_file() else found.rglob("test_*.py"):
            held = {test for test in functions(one.read_text()) if test.startswith("test_")}
            tests |= held & {name} if name else held
    assert situations
    assert situations <= functions(script)
    assert named - tests == situations | {".ci/faults.py"}
