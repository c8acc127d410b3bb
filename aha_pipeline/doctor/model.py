"""Ollama and its model. Without them the briefing is the plain text, and says so."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from aha_pipeline.briefing.writer import WriterError, find_model
from aha_pipeline.doctor.finding import Finding, ok, warning
from aha_pipeline.settings import is_loopback


def examine(base_url: str, model: str) -> Iterator[Finding]:
    """Yield whether the model can be asked, and by whom its questions can be read."""
    if urlsplit(base_url).scheme == "http" and not is_loopback(base_url):
        yield warning(
            "Ollama",
            "The figures and names of each briefing go over the network in clear: give "
            "OLLAMA_BASE_URL an https address, or a tunnel that ends on this machine.",
        )
    try:
        yield ok("Ollama", f"It has {find_model(base_url, model)}.")
    except WriterError as error:
        yield warning("Ollama", f"The briefing will be plain: {error}")
