"""What can go wrong with a message, in words that say what to do.

Three kinds, by what to do next:
    permanent   Twilio refused it; sending it again changes nothing until a person acts
    retryable   Twilio did not take it (no connection, too many calls); send it again later
    unknown     the answer was lost; Twilio may have taken it, so look it up before sending again

Codes and their meaning: https://www.twilio.com/docs/api/errors, read in November 2026. Which come
at once and which later is not told there: every code is understood in both places.
"""

from typing import Literal

Kind = Literal["permanent", "retryable", "unknown"]

OUTSIDE_WINDOW = "63016"
# What comes after Twilio took the message and passes by itself.
PASSING = ("63018",)
SENTENCES = {
    20003: "Twilio refused the credentials: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.",
    20404: "Twilio does not know this account or message: check TWILIO_ACCOUNT_SID.",
    20429: "Twilio asked for fewer calls at a time; the message is sent again later.",
    21211: "Twilio cannot send to this number: check TARGET_WHATSAPP_NUMBER.",
    21608: "A Twilio trial account sends to verified numbers only: verify this one in the console.",
    21219: "A Twilio trial account sends to verified numbers only: verify this one in the console.",
    21610: "The reader has opted out with STOP: ask them to send START to the sender's number.",
    21617: "The text is longer than Twilio takes: this is a fault of this program, report it.",
    21658: "A template value is longer than Twilio takes: this is a fault of this program.",
    63007: "TWILIO_WHATSAPP_NUMBER is not a WhatsApp sender of this account: check the console.",
    63015: "The reader has not joined the Twilio sandbox, or over three days ago: "
    "send 'join <code>' from that phone to the sandbox number.",
    63016: "The reader has not written within 24 hours, so WhatsApp takes only an approved "
    "template: set TWILIO_CONTENT_SID, or ask them to write to the sender's number, and it is "
    "sent again.",
    63018: "WhatsApp limits how much this sender may send: wait, then send again.",
    63024: "The number cannot be reached on WhatsApp: check that it has WhatsApp and a recent app.",
    92007: "The template does not fit: check that the approved one has the variables that "
    "docs/connect.md shows.",
}


class DeliveryError(RuntimeError):
    """A message was not sent, or may not have been; the text is one sentence without secrets."""

    def __init__(self, sentence: str, kind: Kind, code: str | None = None) -> None:
        """Take the sentence, what to do next, and Twilio's code if it gave one."""
        super().__init__(sentence)
        self.kind = kind
        self.code = code


def sentence(code: int | str | None) -> str:
    """Return what a Twilio error code means and what to do about it."""
    number = str(code or "")
    known = SENTENCES.get(int(number)) if number.isdigit() else None
    return known or f"Twilio reports error {code}: see twilio.com/docs/api/errors/{code}."


def refused(status: int, code: int | None) -> DeliveryError:
    """Return the error for an HTTP status of 400 and above and Twilio's code, if it gave one."""
    if status == 429:
        return DeliveryError(SENTENCES[20429], "retryable", str(code or status))
    if status >= 500 or status == 408:
        return DeliveryError(
            f"Twilio answered {status} and may have taken the message; it is looked up next time.",
            "unknown",
            str(code or status),
        )
    return DeliveryError(sentence(code or status), "permanent", str(code or status))
