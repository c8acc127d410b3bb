"""The laws of the house hold, and a break of each that is planted in a copy is seen.

The laws of imports are contracts of import-linter in pyproject.toml, that of the graph is the
snapshot in assets/test_graph.py.
"""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent
KIT = "aha_pipeline_tests.kit"
COPIED = ("aha_pipeline", "aha_pipeline_tests", "benchmarks", "dashboard", "sql", "zoho_sandbox")

IMPORTS = [
    ("layers", "aha_pipeline/crm", "from aha_pipeline import warehouse"),
    ("layers", "aha_pipeline/warehouse", "from aha_pipeline.crm import client"),
    ("layers", "aha_pipeline/briefing", "from aha_pipeline import services"),
    ("layers", "aha_pipeline/assets", "from aha_pipeline.automation import jobs"),
    ("layers", "aha_pipeline", "import aha_pipeline.settings"),  # a module that has no layer
    ("rooms", "aha_pipeline/crm", "import dagster as dg"),
    ("rooms", "aha_pipeline/delivery", "import streamlit"),
    ("rooms", "aha_pipeline/warehouse", "import dashboard.source"),
    ("dashboard", "dashboard/charts", "from aha_pipeline import briefing"),
    ("dashboard", "dashboard", "from aha_pipeline.crm.client import ZohoClient"),
    ("sandbox", "aha_pipeline/crm", "from zoho_sandbox import server"),
    ("sandbox", "dashboard", "import zoho_sandbox"),
    ("stand-in", "zoho_sandbox/zoho", "from aha_pipeline.settings import Settings"),
    ("tests", "aha_pipeline/doctor", f"import {KIT}.ports"),
    ("tests", "benchmarks", "from aha_pipeline_tests.crm import conftest"),
    ("kit", "aha_pipeline_tests/kit", "from aha_pipeline_tests import conftest"),
    ("benchmarks", "aha_pipeline/commands", "import benchmarks"),
]
# An argument of assets, another value for it (None: taken away), and what is gone then.
LOST = [
    ("pool", None, "crm/crm_deals pools: zoho_api"),
    ("freshness_policy", None, "analytics/accounts freshness: CronFreshnessPolicy"),
    ("owners", "['team:other']", "analytics/accounts owners: team:sales_operations"),
]
GRAPH_GUARD = (
    "aha_pipeline_tests/assets/test_graph.py::test_the_graph_is_the_one_that_was_agreed_on"
)
TESTS_GUARD = "aha_pipeline_tests/test_house.py::test_no_test_module_and_no_conftest_is_imported"


def test_imports_keep_every_contract():
    checked = lint_imports(ROOT)
    assert checked.returncode == 0, checked.stdout


def test_no_test_module_and_no_conftest_is_imported():
    graph = grimp.build_graph("aha_pipeline_tests", cache_dir=None)
    assert [
        f"{importer} imports {module}"
        for module in sorted(graph.modules)
        if is_test(module)
        for importer in sorted(graph.find_modules_that_directly_import(module))
    ] == []


def test_the_scripts_of_ci_use_the_kit_of_the_tests_only():
    for file in (ROOT / ".ci").glob("*.py"):
        used = {name for name in imported(file) if name.startswith("aha_pipeline_tests")}
        assert all(name.startswith(KIT) for name in used), file


@pytest.fixture(scope="module")
def broken_contracts(copy: Path) -> dict[str, str]:
    """What is said of each contract, by its id, once every import of IMPORTS is planted."""
    planted = [copy / folder / f"planted_{n}.py" for n, (_, folder, _) in enumerate(IMPORTS)]
    for file, (_, _, line) in zip(planted, IMPORTS, strict=True):
        file.write_text(f"{line}\n")
    try:
        checked = lint_imports(copy)
    finally:
        for file in planted:
            file.unlink()
    assert checked.returncode == 1, checked.stdout
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return {
        contract["id"]: section(checked.stdout, contract["name"])
        for contract in contracts["contracts"]
    }


def section(printed: str, heading: str) -> str:
    """Return what is printed below an underlined heading, up to the next one."""
    below = printed.partition(f"{heading}\n{'-' * len(heading)}\n")[2]
    return re.split(r"^-{5,}$", below, maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("number", range(len(IMPORTS)))
def test_a_planted_import_breaks_its_contract(broken_contracts: dict[str, str], number: int):
    contract, folder, _ = IMPORTS[number]
    assert f"{folder.replace('/', '.')}.planted_{number}" in broken_contracts[contract]


@pytest.fixture(scope="module")
def failed_guards(copy: Path) -> str:
    """What the guards say of assets that lost what LOST has, and of a test that is imported.

    In two runs: a long diff is cut, and pools stand behind all marts.
    """
    planted = copy / "aha_pipeline_tests" / "test_planted.py"
    planted.write_text("import aha_pipeline_tests.test_house\n")
    said = fail(copy, LOST[:1], GRAPH_GUARD, TESTS_GUARD)
    planted.unlink()
    return said + fail(copy, LOST[1:], GRAPH_GUARD)


def fail(copy: Path, lost: list[tuple[str, str | None, str]], *guards: str) -> str:
    """Return what guards say, all of which have to fail, of assets that lost something."""
    assets = copy / "aha_pipeline" / "assets"
    for file in assets.glob("*.py"):
        tree = ast.parse(file.read_text())
        for argument, value, _ in lost:
            tree = WithArgument(argument, value).visit(tree)
        file.write_text(ast.unparse(tree))
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *guards],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    shutil.copytree(ROOT / "aha_pipeline" / "assets", assets, dirs_exist_ok=True)
    assert f"= {len(guards)} failed" in ran.stdout, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.parametrize("lost", [lost for _, _, lost in LOST])
def test_the_snapshot_sees_what_assets_lose(failed_guards: str, lost: str):
    assert re.search(rf"^E +- +asset {lost}", failed_guards, re.MULTILINE), failed_guards


def test_a_test_that_imports_a_test_is_seen(failed_guards: str):
    assert "aha_pipeline_tests.test_planted imports aha_pipeline_tests.test_house" in failed_guards


class WithArgument(ast.NodeTransformer):
    """Gives every call that has an argument of a name another value for it, or takes it away."""

    def __init__(self, name: str, value: str | None) -> None:
        self.name, self.value = name, value

    def visit_Call(self, call: ast.Call) -> ast.AST:
        if self.value is None:
            call.keywords = [given for given in call.keywords if given.arg != self.name]
        for given in call.keywords:
            if given.arg == self.name and self.value:
                given.value = ast.parse(self.value, mode="eval").body
        return self.generic_visit(call)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The house in a folder of its own."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    yield folder
    shutil.rmtree(folder)


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def is_test(module: str) -> bool:
    name = module.rpartition(".")[2]
    return name.startswith("test_") or name == "conftest"


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
