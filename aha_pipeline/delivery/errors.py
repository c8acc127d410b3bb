"""What can go wrong with a message, by what to do next."""

from typing import Literal

import requests
from urllib3.exceptions import NewConnectionError

NEVER_LEFT = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.SSLError,
)

# permanent   it was refused; sending it again changes nothing until a person acts
# retryable   it was not taken (no connection, too many calls); send it again later
# reply       free text is not taken until the reader writes
# unknown     the answer was lost: it may have been taken, so look it up before sending it again
Cause = Literal["permanent", "retryable", "reply", "unknown"]


class DeliveryError(RuntimeError):
    """A message was not sent, or may not have been; the text is one sentence without secrets.

    `code` is the channel's own.
    """

    def __init__(self, sentence: str, cause: Cause, code: str | None = None) -> None:
        super().__init__(sentence)
        self.cause = cause
        self.code = code


def never_left(error: Exception) -> bool:
    """Return whether a call by `requests` failed before anything was sent."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(error, NEVER_LEFT) or isinstance(reason, NewConnectionError)
