"""Why a run failed, in one sentence that may leave this machine."""

from collections.abc import Sequence

import dagster as dg
from dagster_shared.error import SerializableErrorInfo
from pydantic import SecretStr

from aha_pipeline.settings import Settings
from aha_pipeline.warehouse import errors
from aha_pipeline.warehouse.connection import DatabaseUnreachable

LIMIT = 300
OURS = "aha_pipeline."
CHECK_FAILED = "DagsterAssetCheckFailedError"  # its text is of names of assets and checks alone


def cause(failures: Sequence[dg.DagsterEvent], settings: Settings) -> str:
    """Return which step failed first and why, at most 300 characters.

    Only what this program words itself is repeated: the text of any other error may hold a record
    or a password. What is secret in the settings is blotted out all the same.
    """
    if not failures:
        return "The run ended without saying why."
    reasons = [(event.step_key, _sentence(event)) for event in failures]
    step, reason = next((one for one in reasons if one[1]), reasons[0])
    reason = reason or "it met an error that this program does not know."
    name = (step or "").rpartition("__")[2]
    text = _blotted(f"{name}: {reason}", settings)
    return text if len(text) <= LIMIT else text[: LIMIT - 1].rstrip() + "…"


def may_pass(failures: Sequence[dg.DagsterEvent]) -> bool:
    """Return whether a run failed for a reason that may pass.

    That is: its process ended, so no step failed, or its steps lost the database.
    """
    return all(_is_of_connection(event.step_failure_data.error) for event in failures)


def _is_of_connection(error: SerializableErrorInfo | None) -> bool:
    root = _root(error)
    if root is None:
        return False
    name = root.cls_name or ""
    return name == DatabaseUnreachable.__name__ or errors.is_passing(name)


def _root(error: SerializableErrorInfo | None) -> SerializableErrorInfo | None:
    while error and error.cause:
        error = error.cause
    return error


def _sentence(event: dg.DagsterEvent) -> str | None:
    """Return the sentence of an error of ours, the database's or a check's; None for any other."""
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    error = _root(failure.error)
    if error and error.cls_name == CHECK_FAILED:
        failed = " ".join(error.message.partition("\n")[2].split())
        return f"the check {failed} found what is wrong, so no briefing is made of it."
    if error is None:
        return None
    name = error.cls_name or ""
    if said := errors.meaning_of(name, error.message):
        return said
    if not error.message.startswith(OURS):
        return None
    return " ".join(error.message.partition(": ")[2].split())


def _blotted(text: str, settings: Settings) -> str:
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr) and value.get_secret_value():
            text = text.replace(value.get_secret_value(), "***")
    return text
