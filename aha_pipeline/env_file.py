"""The file `.env`: settings written to it, its other lines kept, readable by its owner only."""

import os
import re
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values, set_key

from aha_pipeline.settings import SettingsError

PLAIN = re.compile(r"[\w.:/+-]+")  # needs no quotes, in whatever reads such a file
OWNER_ONLY = stat.S_IRUSR | stat.S_IWUSR


def read(path: Path) -> dict[str, str]:
    """Return the variables of the file that hold something; none where there is no file."""
    return {name: value for name, value in dotenv_values(path).items() if value}


def write(path: Path, values: Mapping[str, str]) -> None:
    """Set these variables, all or none, and make the file readable by its owner only.

    Raises SettingsError where a value is none that Zoho hands out, and where the file cannot be
    written.
    """
    for name, value in values.items():
        if not PLAIN.fullmatch(value):
            raise SettingsError(
                f"{name} holds a character that no such value has: copy it once more."
            )
    path = path.resolve()
    fresh = path.with_name(f"{path.name}.new")
    try:
        os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY))
        fresh.chmod(OWNER_ONLY)
        if path.exists():
            shutil.copyfile(path, fresh)
        for name, value in values.items():
            set_key(fresh, name, value, quote_mode="never")
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise SettingsError(f"{path} cannot be written ({error.strerror}).") from None


def is_private(path: Path) -> bool:
    """Return whether nobody but its owner may read the file."""
    return not stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO)
