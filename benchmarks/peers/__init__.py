"""The readers that a data engineer would otherwise choose, each in an environment of its own.

The environments are made once, by uv, below the user's cache folder (AHA_BENCH_CACHE: another).
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.databases import cache

HERE = Path(__file__).parent


class PeerMissing(RuntimeError):
    """A peer could not be installed; the text says why."""


@dataclass(frozen=True)
class Peer:
    """A reader: what is installed, on which Python, and the script that runs it there."""

    name: str
    requirement: str
    python: str
    script: Path

    def command(self, *arguments: str) -> list[str]:
        """Return the command that runs the reader. Raises PeerMissing."""
        return [str(self._python()), str(self.script), *arguments]

    def _python(self) -> Path:
        folder = cache() / self.name
        python, installed = folder / "bin" / "python", folder / "installed"
        if not installed.exists() or installed.read_text() != self.requirement:
            print(f"Installing {self.requirement} into {folder} (once)", file=sys.stderr)
            _uv("venv", "--quiet", "--clear", "--python", self.python, str(folder))
            _uv("pip", "install", "--quiet", "--python", str(python), self.requirement)
            installed.write_text(self.requirement)
        return python


AIRBYTE = Peer(
    "airbyte",
    "airbyte-source-zoho-crm==0.3.6",
    "3.11",  # the package refuses 3.12 and later
    HERE / "airbyte_reader.py",
)
DLT = Peer("dlt", "dlt[postgres]==1.31.0", sys.executable, HERE / "dlt_reader.py")


def _uv(*arguments: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    done = subprocess.run([uv, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise PeerMissing(f"uv {' '.join(arguments)}: {' '.join(done.stderr.split())}")
