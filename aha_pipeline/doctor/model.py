"""Ollama and its model: whether it can be asked, and what it may choose of the briefing.

Without it our ranking chooses, and the briefing says so.
"""

from collections.abc import Iterator

from psycopg2.extensions import connection as Connection

from aha_pipeline.briefing import gate
from aha_pipeline.briefing.model import ModelError, find_model
from aha_pipeline.doctor.finding import Finding, ok, warning


def examine(
    base_url: str, model: str, connection: Connection | None, *, measure: bool = False
) -> Iterator[Finding]:
    """Yield whether the model can be asked, and what its measurement lets it choose.

    With `measure` it is measured now, which may take minutes; `connection` keeps the result.
    """
    try:
        name = find_model(base_url, model)
        yield ok("Ollama", f"It has {name}.")
        if connection is None:
            return
        if measure:
            gate.keep(connection, name, gate.measure(base_url, name))
            connection.commit()
        yield _verdict(gate.measured(connection, name))
    except ModelError as error:
        yield warning("Ollama", f"The briefing is chosen by fixed ranking: {error}")


def _verdict(found: tuple[int, int] | None) -> Finding:
    if found is None:
        return ok(
            "Model's choice",
            "Wording, advice and order; not measured yet. To let it choose lines too: "
            "aha doctor --measure-model",
        )
    hits, asked = found
    may = "lines too" if hits * gate.ASKED >= gate.NEEDED * asked else "wording, advice and order"
    return ok(
        "Model's choice", f"It chooses {may}: it found a planted fact {hits} times of {asked}."
    )
