"""The model: Mistral or another, served by Ollama, asked through langchain-ollama."""

import logging
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING

import requests

from aha_pipeline.briefing import prompt
from aha_pipeline.briefing.draft import schema
from aha_pipeline.briefing.facts import Fact

if TYPE_CHECKING:
    from langchain_ollama import ChatOllama

log = logging.getLogger(__name__)

TAGS_TIMEOUT_SECONDS = 2
CONTEXT_TOKENS = 8192  # 1 GiB of memory for Mistral 7B; constant, because a change reloads it
ANSWER_TOKENS = 700
# Of plain letters; English is 4, JSON with ids and rupees about 3. Few is cautious when a prompt is
# measured before it is sent, many when its count in the reply is judged. A byte of another script
# is at most one token.
FEW_CHARACTERS, MANY_CHARACTERS = 2.5, 5.5
PROGRESS_SECONDS = 10
SEED = 20261120


class WriterError(RuntimeError):
    """The model gave no usable answer; the text is one sentence that says why."""


def find_model(base_url: str, model: str) -> str:
    """Return the full name of `model` on the server, `mistral:latest` for `mistral`.

    One quick look, so that a missing server costs no more than two seconds. Raises WriterError.
    """
    try:
        with requests.Session() as session:
            session.trust_env = False  # a proxy cannot know a server of this network
            answer = session.get(f"{base_url}/api/tags", timeout=TAGS_TIMEOUT_SECONDS)
        answer.raise_for_status()
        names = [one["name"] for one in answer.json()["models"]]
    except (requests.RequestException, ValueError, KeyError, TypeError):
        raise WriterError(f"No Ollama answers at {base_url}.") from None
    wanted = model if ":" in model else f"{model}:latest"
    if wanted not in names:
        raise WriterError(
            f"Ollama has no model {wanted}; it has {', '.join(sorted(names)) or 'none'}. "
            f"Run: ollama pull {model}"
        )
    return wanted


def ask(
    facts: Sequence[Fact],
    *,
    base_url: str,
    model: str,
    deadline: float,
    reasons: Sequence[str] = (),
    attempt: int = 0,
) -> str:
    """Return the model's answer as JSON text, complete but not yet checked.

    `deadline` is a time of `time.monotonic()`; `reasons` say why the last answer was refused, and
    `attempt` gives the seed. A cold model may take minutes on a CPU. Raises WriterError.
    """
    # Imported here: langchain-ollama costs 3 s, which only a briefing by a model pays.
    import httpx
    from ollama import ResponseError

    chat = prompt.messages(facts, reasons)
    _check_size(chat)
    log.info(
        "Asking %s for the words of the briefing: about %d tokens, up to %d s; a model that is not "
        "loaded yet may take minutes before its first word",
        *(model, _most_tokens(chat), _seconds_left(deadline)),
    )
    try:
        llm = _model(model, base_url, schema(fact.id for fact in facts), SEED + attempt, deadline)
        return _complete(llm, chat, deadline)
    except httpx.TimeoutException:
        raise WriterError(f"{model} did not answer in time.") from None
    except ResponseError as error:
        raise WriterError(f"Ollama reports: {' '.join(error.error.split())[:200]}") from None
    except (httpx.HTTPError, ConnectionError):
        raise WriterError("The connection to Ollama was lost.") from None
    except ValueError:
        raise WriterError(f"{model} answered nothing.") from None


def _model(model: str, base_url: str, answer: dict, seed: int, deadline: float) -> "ChatOllama":
    from langchain_ollama import ChatOllama

    # `format` and not with_structured_output, whose parser completes a JSON text that was cut
    # off: {"total": 41 from 412 is accepted as 41.
    return ChatOllama(
        model=model,
        base_url=base_url,
        format=answer,
        temperature=0,
        seed=seed,
        num_ctx=CONTEXT_TOKENS,
        num_predict=ANSWER_TOKENS,
        keep_alive="10m",
        client_kwargs={"timeout": _seconds_left(deadline), "trust_env": False},
    )


def _complete(llm: "ChatOllama", chat: list, deadline: float) -> str:
    """Return the streamed answer. The timeout of the client is per read, so a slow drip passes
    it: the deadline is looked at for every piece, and leaving the stream stops the model.
    """
    started = told = monotonic()
    text, metadata = [], {}
    for piece in llm.stream(chat):
        _seconds_left(deadline)
        if not text or monotonic() - told >= PROGRESS_SECONDS:
            told = monotonic()
            log.info("%s is writing: %.0f s, %d pieces", llm.model, told - started, len(text))
        text.append(piece.text)
        metadata |= piece.response_metadata
    _check_whole(metadata, chat)
    log.info(
        "%s has written: %.0f s, %s tokens read, %s written",
        *(llm.model, monotonic() - started),
        *(metadata.get(name, "unknown") for name in ("prompt_eval_count", "eval_count")),
    )
    return "".join(text)


def _check_whole(metadata: dict, chat: list[tuple[str, str]]) -> None:
    """Neither a cut answer nor a cut prompt is an error to Ollama: only its own counts tell."""
    if metadata.get("done_reason") == "length":
        raise WriterError("The model's answer was cut off: it wrote too much.")
    if metadata.get("done_reason") != "stop":
        raise WriterError("The model's answer was cut off: the connection ended early.")
    read, written = (metadata.get(name) or 0 for name in ("prompt_eval_count", "eval_count"))
    is_short = 0 < read < _least_tokens(chat)
    if is_short or read + written >= CONTEXT_TOKENS:
        raise WriterError(
            f"Ollama cut the prompt: it read {read} tokens of at least {_least_tokens(chat)}. "
            f"Let the model have a context of {CONTEXT_TOKENS} tokens."
        )


def _seconds_left(deadline: float) -> float:
    seconds = deadline - monotonic()
    if seconds <= 0:
        raise WriterError("The model did not finish in time.")
    return seconds


def _check_size(chat: list[tuple[str, str]]) -> None:
    """Ollama cuts a prompt that is too long without a word."""
    if (tokens := _most_tokens(chat)) > CONTEXT_TOKENS - ANSWER_TOKENS:
        raise WriterError(f"The facts are too many for the model: about {tokens} tokens.")


def _most_tokens(chat: list[tuple[str, str]]) -> int:
    text = "".join(text for _, text in chat)
    others = sum(len(c.encode()) for c in text if not c.isascii())
    return round(sum(map(str.isascii, text)) / FEW_CHARACTERS) + others


def _least_tokens(chat: list[tuple[str, str]]) -> int:
    return round(sum(len(text) for _, text in chat) / MANY_CHARACTERS)
