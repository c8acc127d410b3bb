"""Rows as Markdown, for the metadata that the Dagster UI shows."""

import re
from collections.abc import Sequence

MARKS = re.compile(r"([\\`*_\[\]<>|~$!#])")


def escaped(value: object) -> str:
    """Return a value on one line as text that Markdown shows as it is; None is empty."""
    return MARKS.sub(r"\\\1", " ".join(str(value).split())) if value is not None else ""


def table(rows: Sequence[dict[str, object]], empty: str) -> str:
    """Return rows as a table, or `empty` where there is none."""
    if not rows:
        return empty
    lines = [" | ".join(rows[0]), " | ".join("---" for _ in rows[0])]
    lines += [" | ".join(map(escaped, row.values())) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)
