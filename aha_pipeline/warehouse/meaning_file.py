"""Meanings of statuses and stages, other names of values, and personal fields, in CSV files.

Zoho's defaults, and what a user corrects. The first line names the columns: of meanings module,
value and meaning are needed, of aliases field, alias and value, of fields module, field and
personal. Empty lines and lines that begin
with # say nothing. A value is one line long.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar

MEANINGS = {
    "Leads": ("open", "qualified", "junk", "lost", "converted"),
    "Deals": ("open", "won", "lost"),
}
NEEDED = ("module", "value", "meaning")
COLUMNS = (*NEEDED, "probability", "position")
ALIAS_COLUMNS = ("field", "alias", "value")
PERSONAL_COLUMNS = ("module", "field", "personal")
# Zoho's names of the fields whose values have labels in crm.text_labels.
FIELDS = ("Lead_Source", "Lead_Status", "Stage", "Industry")
LAST_POSITION = 1_000_000

Line = TypeVar("Line")


class MeaningFileError(ValueError):
    """A file of meanings is wrong; the text names file, line and what to do."""


@dataclass(frozen=True)
class Meaning:
    """One line. `probability` is in per cent; None where the line leaves it to the CRM."""

    module: str
    value: str
    meaning: str
    probability: Decimal | None
    position: int | None


class _LineWrong(ValueError):
    """The text says what is wrong with a line and what to do."""


@dataclass(frozen=True)
class Alias:
    """One line: what records of a field say and what is meant; an empty value: nothing known."""

    field: str
    alias: str
    value: str


@dataclass(frozen=True)
class PersonalField:
    """One line: whether a field, of one module or of all (*), says who a person is."""

    module: str
    field: str
    is_personal: bool


def read_meanings(path: Path) -> list[Meaning]:
    """Return the lines of a file in their order; none where there is no file.

    Raises MeaningFileError.
    """
    found = _read(path, COLUMNS, NEEDED, _meaning, lambda row: (row.module, row.value))
    return list(found.values())


def read_aliases(path: Path) -> list[Alias]:
    """Return the lines of a file of aliases in their order; none where there is no file.

    Raises MeaningFileError.
    """
    found = _read(path, ALIAS_COLUMNS, ALIAS_COLUMNS, _alias, lambda row: (row.field, row.alias))
    return list(found.values())


def read_personal_fields(path: Path) -> dict[tuple[str, str], bool]:
    """Return by module (* is all) and field whether a file calls it personal.

    None where there is no file. Raises MeaningFileError.
    """
    columns = PERSONAL_COLUMNS
    found = _read(path, columns, columns, _personal, lambda row: (row.module, row.field))
    return {key: row.is_personal for key, row in found.items()}


def line_for(*cells: str) -> str:
    """Return a line of a file that holds these cells."""
    return ",".join(
        '"' + cell.replace('"', '""') + '"' if set(cell) & set(',"') else cell for cell in cells
    )


def _read(
    path: Path,
    columns: Sequence[str],
    needed: Sequence[str],
    parse: Callable[[dict[str, str]], Line],
    key: Callable[[Line], tuple[str, str]],
) -> dict[tuple[str, str], Line]:
    """Return each line of a file by its key, in their order. Raises MeaningFileError."""
    names: list[str] | None = None
    found: dict[tuple[str, str], Line] = {}
    lines: dict[tuple[str, str], int] = {}
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
                raise _LineWrong(
                    f"{key(row)[1]!r} stands in line {lines[key(row)]} already; keep one of them"
                )
            found[key(row)], lines[key(row)] = row, number
        except _LineWrong as error:
            raise MeaningFileError(f"{path}, line {number}: {error}.") from None
    return found


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return []
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise MeaningFileError(
            f"{path}, line {line}: the file is not a text in UTF-8; save it again as CSV UTF-8."
        ) from None
    except OSError as error:
        raise MeaningFileError(
            f"{path} cannot be read ({error.strerror}); let this user read it, or remove it."
        ) from None
    return text.split("\n")


def _cells(line: str) -> list[str]:
    try:
        cells = next(csv.reader([line], strict=True, skipinitialspace=True), [])
    except csv.Error:
        raise _LineWrong(
            "a double quote stands alone; put a value that holds one into double quotes and "
            "write it twice"
        ) from None
    return [cell.strip() for cell in cells]


def _columns(cells: list[str], columns: Sequence[str], needed: Sequence[str]) -> list[str]:
    names = [cell.lower() for cell in cells]
    wanted = f"the first line must name the columns, such as {','.join(columns)}"
    for name in names:
        if name not in columns:
            raise _LineWrong(f"there is no column {name!r}; {wanted}")
        if names.count(name) > 1:
            raise _LineWrong(f"the column {name} is named twice; {wanted}")
    missing = [name for name in needed if name not in names]
    if missing:
        raise _LineWrong(f"the column {missing[0]} is missing; {wanted}")
    return names


def _named(names: list[str], cells: list[str], columns: Sequence[str]) -> dict[str, str]:
    if len(cells) > len(names):
        raise _LineWrong(
            f"{len(cells)} values for {len(names)} columns; put a value that holds a comma "
            "into double quotes"
        )
    return dict.fromkeys(columns, "") | dict(zip(names, cells, strict=False))


def _alias(row: dict[str, str]) -> Alias:
    field, alias, value = (row[name] for name in ALIAS_COLUMNS)
    if field not in FIELDS:
        raise _LineWrong(f"the field {field!r} has no aliases; write {' or '.join(FIELDS)}")
    if not alias or "\0" in alias + value:
        raise _LineWrong("the alias is empty or no text; write it as records have it")
    return Alias(field, alias, value)


def _personal(row: dict[str, str]) -> PersonalField:
    module, field, personal = (row[name] for name in PERSONAL_COLUMNS)
    if not module or not field or "\0" in module + field:
        raise _LineWrong("module or field is empty; write their API names, or * for all modules")
    if personal.lower() not in ("yes", "no"):
        raise _LineWrong(f"{personal!r} says nothing of {field}; write yes or no")
    return PersonalField(module, field, personal.lower() == "yes")


def _meaning(row: dict[str, str]) -> Meaning:
    module, value, meaning = (row[name] for name in NEEDED)
    if module not in MEANINGS:
        raise _LineWrong(f"the module {module!r} has no meanings; write {' or '.join(MEANINGS)}")
    if not value or "\0" in value:
        raise _LineWrong("the value is empty or no text; write it as Zoho shows it")
    if meaning.lower() not in MEANINGS[module]:
        known = ", ".join(MEANINGS[module])
        raise _LineWrong(f"{meaning!r} is no meaning of {module}; write one of {known}")
    return Meaning(
        module, value, meaning.lower(), _probability(row["probability"]), _position(row["position"])
    )


def _probability(text: str) -> Decimal | None:
    try:
        number = Decimal(text) if text else None
        if number is None or 0 <= number <= 100:
            return number
    except InvalidOperation:
        pass
    raise _LineWrong(f"the probability {text!r} is no number from 0 to 100; write one, or nothing")


def _position(text: str) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and int(text) <= LAST_POSITION:
        return int(text)
    raise _LineWrong(
        f"the position {text!r} is no whole number from 0 to {LAST_POSITION}; write one, or nothing"
    )
