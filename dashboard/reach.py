"""Addresses by which somebody is reached in one tap: `tel:`, WhatsApp, `mailto:`.

What the CRM holds was typed by strangers, so only what is certainly a number or a mail address
becomes a link.
"""

import re
from urllib.parse import quote

EMAIL = re.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9.\-]+\.[A-Za-z]{2,}")
SHORTEST_NUMBER, LONGEST_NUMBER = 7, 15  # digits; ITU-T E.164 allows 15


def telephone(text: str | None) -> str | None:
    """Return `tel:` with the digits, and the plus, of a telephone number; None if it is none.

    One without a country code is called as it stands.
    """
    number = _number(text)
    return f"tel:{number}" if number else None


def whatsapp(text: str | None) -> str | None:
    """Return the address of a chat, which needs the country code (faq.whatsapp.com/591337)."""
    number = _number(text)
    return f"https://wa.me/{number[1:]}" if number and number.startswith("+") else None


def mail(text: str | None) -> str | None:
    """Return `mailto:` with a mail address; None if the text is none."""
    if text and EMAIL.fullmatch(text.strip()):
        return f"mailto:{quote(text.strip(), safe='@')}"
    return None


def _number(text: str | None) -> str | None:
    kept = re.sub(r"[^0-9+]", "", text or "")
    digits = kept.replace("+", "")
    if not SHORTEST_NUMBER <= len(digits) <= LONGEST_NUMBER:
        return None
    return f"+{digits}" if kept.startswith("+") else digits
