"""The small CSV files that a user writes into AHA_HOME.

The first line names the columns. Empty lines and lines that begin with # say nothing. A value is
one line long.
"""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

Line = TypeVar("Line")


class UserFileError(ValueError):
    """A file is wrong; the text names file, line and what to do."""


class LineWrong(ValueError):
    """The text says what is wrong with a line and what to do."""


def read_lines(
    path: Path,
    columns: Sequence[str],
    needed: Sequence[str],
    parse: Callable[[dict[str, str]], Line],
    key: Callable[[Line], tuple[str, ...]],
) -> dict[tuple[str, ...], Line]:
    """Return each line of a file by its key, in their order. Raises UserFileError."""
    names: list[str] | None = None
    found: dict[tuple[str, ...], Line] = {}
    lines: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(_lines(path), start=1):
        if line.lstrip().startswith("#"):
            continue
        try:
            cells = _cells(line)
            if not any(cells):
                continue
            if names is None:
                names = _columns(cells, columns, needed)
                continue
            row = parse(_named(names, cells, columns))
            if key(row) in found:
                raise LineWrong(
                    f"{key(row)[-1]!r} stands in line {lines[key(row)]} already; keep one of them"
                )
            found[key(row)], lines[key(row)] = row, number
        except LineWrong as error:
            raise UserFileError(f"{path}, line {number}: {error}.") from None
    return found


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return []
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UserFileError(
            f"{path}, line {line}: the file is not a text in UTF-8; save it again as CSV UTF-8."
        ) from None
    except OSError as error:
        raise UserFileError(
            f"{path} cannot be read ({error.strerror}); let this user read it, or remove it."
        ) from None
    return text.split("\n")


def _cells(line: str) -> list[str]:
    try:
        cells = next(csv.reader([line], strict=True, skipinitialspace=True), [])
    except csv.Error:
        raise LineWrong(
            "a double quote stands alone; put a value that holds one into double quotes and "
            "write it twice"
        ) from None
    return [cell.strip() for cell in cells]


def _columns(cells: list[str], columns: Sequence[str], needed: Sequence[str]) -> list[str]:
    names = [cell.lower() for cell in cells]
    wanted = f"the first line must name the columns, such as {','.join(columns)}"
    for name in names:
        if name not in columns:
            raise LineWrong(f"there is no column {name!r}; {wanted}")
        if names.count(name) > 1:
            raise LineWrong(f"the column {name} is named twice; {wanted}")
    missing = [name for name in needed if name not in names]
    if missing:
        raise LineWrong(f"the column {missing[0]} is missing; {wanted}")
    return names


def _named(names: list[str], cells: list[str], columns: Sequence[str]) -> dict[str, str]:
    if len(cells) > len(names):
        raise LineWrong(
            f"{len(cells)} values for {len(names)} columns; put a value that holds a comma "
            "into double quotes"
        )
    return dict.fromkeys(columns, "") | dict(zip(names, cells, strict=False))


def line_for(*cells: str) -> str:
    """Return a line of a file that holds these cells."""
    return ",".join(
        '"' + cell.replace('"', '""') + '"' if set(cell) & set(',"') else cell for cell in cells
    )
