"""Ollama and its model. Without them the briefing is the plain text, and says so."""

from collections.abc import Iterator

from aha_pipeline.briefing.writer import WriterError, find_model
from aha_pipeline.doctor.finding import Finding, ok, warning


def examine(base_url: str, model: str) -> Iterator[Finding]:
    """Yield whether the model can be asked."""
    try:
        yield ok("Ollama", f"It has {find_model(base_url, model)}.")
    except WriterError as error:
        yield warning("Ollama", f"The briefing will be plain: {error}")
