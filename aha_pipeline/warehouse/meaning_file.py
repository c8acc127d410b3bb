"""Meanings of statuses and stages, other names of values, and personal fields, in CSV files.

Zoho's defaults, and what a user corrects. Of meanings module, value and meaning are needed, of
aliases field, alias and value, of fields module, field and personal.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from aha_pipeline.warehouse.user_file import LineWrong, read_lines

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


@dataclass(frozen=True)
class Meaning:
    """One line. `probability` is in per cent; None where the line leaves it to the CRM."""

    module: str
    value: str
    meaning: str
    probability: Decimal | None
    position: int | None


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

    Raises UserFileError.
    """
    found = read_lines(path, COLUMNS, NEEDED, _meaning, lambda row: (row.module, row.value))
    return list(found.values())


def read_aliases(path: Path) -> list[Alias]:
    """Return the lines of a file of aliases in their order; none where there is no file.

    Raises UserFileError.
    """
    found = read_lines(
        path, ALIAS_COLUMNS, ALIAS_COLUMNS, _alias, lambda row: (row.field, row.alias)
    )
    return list(found.values())


def read_personal_fields(path: Path) -> dict[tuple[str, str], bool]:
    """Return by module (* is all) and field whether a file calls it personal.

    None where there is no file. Raises UserFileError.
    """
    columns = PERSONAL_COLUMNS
    found = read_lines(path, columns, columns, _personal, lambda row: (row.module, row.field))
    return {(row.module, row.field): row.is_personal for row in found.values()}


def _alias(row: dict[str, str]) -> Alias:
    field, alias, value = (row[name] for name in ALIAS_COLUMNS)
    if field not in FIELDS:
        raise LineWrong(f"the field {field!r} has no aliases; write {' or '.join(FIELDS)}")
    if not alias or "\0" in alias + value:
        raise LineWrong("the alias is empty or no text; write it as records have it")
    return Alias(field, alias, value)


def _personal(row: dict[str, str]) -> PersonalField:
    module, field, personal = (row[name] for name in PERSONAL_COLUMNS)
    if not module or not field or "\0" in module + field:
        raise LineWrong("module or field is empty; write their API names, or * for all modules")
    if personal.lower() not in ("yes", "no"):
        raise LineWrong(f"{personal!r} says nothing of {field}; write yes or no")
    return PersonalField(module, field, personal.lower() == "yes")


def _meaning(row: dict[str, str]) -> Meaning:
    module, value, meaning = (row[name] for name in NEEDED)
    if module not in MEANINGS:
        raise LineWrong(f"the module {module!r} has no meanings; write {' or '.join(MEANINGS)}")
    if not value or "\0" in value:
        raise LineWrong("the value is empty or no text; write it as Zoho shows it")
    if meaning.lower() not in MEANINGS[module]:
        known = ", ".join(MEANINGS[module])
        raise LineWrong(f"{meaning!r} is no meaning of {module}; write one of {known}")
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
    raise LineWrong(f"the probability {text!r} is no number from 0 to 100; write one, or nothing")


def _position(text: str) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and int(text) <= LAST_POSITION:
        return int(text)
    raise LineWrong(
        f"the position {text!r} is no whole number from 0 to {LAST_POSITION}; write one, or nothing"
    )
