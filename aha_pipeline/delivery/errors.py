"""What can go wrong with a message, by what to do next."""

from typing import Literal

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
