"""The `aha` command as a person gives it, in a process of its own."""

import os
import subprocess
import sys

# As the fixture `connected` and the tests set them: no output may hold one.
SECRETS = ("secret-of-client", "secret-of-refresh", "secret-of-database")


def aha(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Return how the command ended, and what it printed; `settings` are added to ours."""
    return subprocess.run(
        [sys.executable, "-m", "aha_pipeline", *arguments],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def assert_refused(finished: subprocess.CompletedProcess[str], *words: str) -> None:
    """Assert that a mistake was told in one sentence on standard error, with exit status 1."""
    assert finished.returncode == 1
    lines = finished.stderr.strip().splitlines()
    assert len(lines) == 1, finished.stderr
    assert all(word in lines[0] for word in words), lines[0]
    assert "Traceback" not in finished.stdout + finished.stderr
