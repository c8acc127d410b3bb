"""Rows as Markdown, for the metadata that the Dagster UI shows."""

from collections.abc import Sequence


def table(rows: Sequence[dict[str, object]], empty: str) -> str:
    """Return rows as a table, or `empty` where there is none."""
    if not rows:
        return empty
    lines = [" | ".join(rows[0]), " | ".join("---" for _ in rows[0])]
    lines += [
        " | ".join(str(v if v is not None else "").replace("|", "/") for v in row.values())
        for row in rows
    ]
    return "\n".join(f"| {line} |" for line in lines)
