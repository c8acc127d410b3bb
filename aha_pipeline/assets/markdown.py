"""Rows as Markdown, for the metadata that the Dagster UI shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from aha_pipeline.encoding import markdown


def table(rows: Sequence[Mapping[str, Any]], empty: str) -> str:
    """Return rows as a table, or `empty` where there is none."""
    if not rows:
        return empty
    lines = [" | ".join(rows[0]), " | ".join("---" for _ in rows[0])]
    lines += [" | ".join(map(markdown, row.values())) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)
