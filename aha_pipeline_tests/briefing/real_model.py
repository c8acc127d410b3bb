"""Starts the real small model that `make model` installs, and says what became of a briefing."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv" / "model" / "bin" / "python"
SERVER = ROOT / "aha_pipeline_tests" / "kit" / "small_model.py"


def is_installed() -> bool:
    return PYTHON.exists()


@contextmanager
def running() -> Iterator[str]:
    """Yield the address of the model's server, which ends with the block."""
    # A virtual environment's own variables would send its Python to another's libraries.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    server = subprocess.Popen(
        [PYTHON, SERVER, "0"], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()
