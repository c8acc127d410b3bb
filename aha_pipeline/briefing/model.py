"""The model: Mistral or another, served by Ollama, asked through langchain-ollama."""

import logging
from collections.abc import Mapping, Sequence
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from langchain_ollama import ChatOllama

log = logging.getLogger(__name__)

TAGS_TIMEOUT_SECONDS = 2
CONTEXT_TOKENS = 8192  # 1 GiB of memory for Mistral 7B; constant, because a change reloads it
ANSWER_TOKENS = 700
ANSWER_CHARACTERS = 20_000
CHARACTERS_A_TOKEN = 2.5  # cautious: English is 4, names and rupees about 3
PROGRESS_SECONDS = 10
SEED = 20261120
AGAIN_SECONDS = (1, 2, 4, 8)
Message = tuple[str, str]


class ModelError(RuntimeError):
    """The model gave no usable answer; the text is one sentence that says why."""


class TryAgain(ModelError):
    """A fault that may pass: the server is busy or restarting, or an answer was cut off."""


def find_model(base_url: str, model: str) -> str:
    """Return the full name of `model` on the server, `mistral:latest` for `mistral`.

    One quick look, so that a missing server costs no more than two seconds. Raises ModelError.
    """
    try:
        with requests.Session() as session:
            session.trust_env = False  # a proxy cannot know a server of this network
            answer = session.get(f"{base_url}/api/tags", timeout=TAGS_TIMEOUT_SECONDS)
        answer.raise_for_status()
        names = [one["name"] for one in answer.json()["models"]]
    except (requests.RequestException, ValueError, KeyError, TypeError):
        raise ModelError(f"No Ollama answers at {base_url}.") from None
    wanted = model if ":" in model else f"{model}:latest"
    if wanted not in names:
        raise ModelError(
            f"Ollama has no model {wanted}; it has {', '.join(sorted(names)) or 'none'}. "
            f"Run: ollama pull {model}"
        )
    return wanted


def ask(
    chat: Sequence[Message],
    schema: Mapping[str, Any],
    *,
    base_url: str,
    model: str,
    deadline: float,
    attempt: int = 0,
) -> str:
    """Return the model's answer, whole but not yet checked.

    `schema` is the JSON schema that the server holds the model to, if it can. `deadline` is a time
    of `time.monotonic()`. The first attempt is made at temperature 0, later ones above, each with
    its own seed. What may pass is asked again while time remains. Raises ModelError.
    """
    _check_size(chat)
    for pause in (*AGAIN_SECONDS, None):
        try:
            return _ask_once(chat, schema, base_url, model, deadline, attempt)
        except TryAgain as error:
            if pause is None or monotonic() + pause >= deadline:
                raise
            log.info("Asking %s again in %d s: %s", model, pause, error)
            sleep(pause)
            attempt += 1
    raise AssertionError  # the last round returns or raises


def _ask_once(
    chat: Sequence[Message],
    schema: Mapping[str, Any],
    base_url: str,
    model: str,
    deadline: float,
    attempt: int,
) -> str:
    # Imported here: langchain-ollama costs 3 s, which only a briefing by a model pays.
    import httpx
    from ollama import ResponseError

    log.info("Asking %s, up to %d s", model, _seconds_left(deadline))
    try:
        try:
            return _complete(
                _client(model, base_url, schema, attempt, deadline, False), chat, deadline
            )
        except ResponseError as error:
            if error.status_code != 400 or "think" not in error.error:
                raise
            # A server or model that knows no thinking refuses the switch that turns it off.
            return _complete(
                _client(model, base_url, schema, attempt, deadline, None), chat, deadline
            )
    except httpx.TimeoutException:
        raise ModelError(f"{model} did not answer in time.") from None
    except ResponseError as error:
        kind = TryAgain if error.status_code in (429, 500, 502, 503, -1) else ModelError
        raise kind(f"Ollama reports: {' '.join(error.error.split())[:200]}") from None
    except (httpx.HTTPError, ConnectionError):
        raise TryAgain("The connection to Ollama was lost.") from None
    except ValueError:
        raise TryAgain(f"{model} answered nothing.") from None


def _client(
    model: str,
    base_url: str,
    schema: Mapping[str, Any],
    attempt: int,
    deadline: float,
    reasoning: bool | None,
) -> "ChatOllama":
    from langchain_ollama import ChatOllama

    # `format` and not with_structured_output, whose parser completes a JSON text that was cut off.
    return ChatOllama(
        model=model,
        base_url=base_url,
        format=dict(schema),
        reasoning=reasoning,
        temperature=0 if attempt == 0 else 0.7,
        seed=SEED + attempt,
        num_ctx=CONTEXT_TOKENS,
        num_predict=ANSWER_TOKENS * (1 + min(attempt, 2)),
        keep_alive="10m",
        client_kwargs={"timeout": _seconds_left(deadline), "trust_env": False},
    )


def _complete(llm: "ChatOllama", chat: Sequence[Message], deadline: float) -> str:
    """Return the streamed answer. The timeout of the client is per read, so a slow drip passes
    it: the deadline is checked for every piece, and leaving the stream stops the model.
    """
    started = told = monotonic()
    text: list[str] = []
    metadata: dict[str, Any] = {}
    length = 0
    for piece in llm.stream(list(chat)):
        _seconds_left(deadline)
        if not text or monotonic() - told >= PROGRESS_SECONDS:
            told = monotonic()
            log.info("%s is writing: %.0f s, %d pieces", llm.model, told - started, len(text))
        text.append(str(piece.text))
        length += len(text[-1])
        metadata |= piece.response_metadata
        if length > ANSWER_CHARACTERS:
            raise ModelError(f"{llm.model} wrote without end.")
    if metadata.get("done_reason") != "stop":
        raise TryAgain("The model's answer was cut off.")
    if not length:
        raise TryAgain(f"{llm.model} answered nothing.")
    log.info(
        "%s has written: %.0f s, %s tokens read, %s written",
        *(llm.model, monotonic() - started),
        *(metadata.get(name, "unknown") for name in ("prompt_eval_count", "eval_count")),
    )
    return "".join(text)


def _seconds_left(deadline: float) -> float:
    seconds = deadline - monotonic()
    if seconds <= 0:
        raise ModelError("The model did not finish in time.")
    return seconds


def _check_size(chat: Sequence[Message]) -> None:
    """Ollama cuts a prompt that is too long without a word."""
    tokens = round(sum(len(text.encode()) for _, text in chat) / CHARACTERS_A_TOKEN)
    if tokens > CONTEXT_TOKENS - ANSWER_TOKENS:
        raise ModelError(f"The question is too long for the model: about {tokens} tokens.")
