"""The table of faults names what there is, and each situation that there is."""

import ast
import re

from aha_pipeline.commands.up import ROOT

TESTS = ROOT / "aha_pipeline_tests"


def functions(text: str) -> set[str]:
    return {one.name for one in ast.parse(text).body if isinstance(one, ast.FunctionDef)}


def test_each_fault_is_held_by_something_that_exists():
    rows = re.findall(r"^\| [^|]+ \| (.+) \|$", (ROOT / "docs/faults.md").read_text(), re.M)
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    script = (ROOT / ".ci/fault_situations.py").read_text()
    tuple_ = re.search(r"^SITUATIONS.*?\((.*?)^\)", script, re.M | re.S)
    situations = set(re.findall(r"\w+", tuple_[1]))
    tests = set()
    for file in TESTS.rglob("test_*.py"):
        tests |= {name for name in functions(file.read_text()) if name.startswith("test_")}
    assert situations
    assert situations <= functions(script)
    assert named - tests == situations | {".ci/faults.py"}
