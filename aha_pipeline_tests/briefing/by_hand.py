"""Facts, times and readings of the tests' day, made by hand."""

from datetime import date, timedelta
from decimal import Decimal

from aha_pipeline.briefing import language
from aha_pipeline.briefing.facts import Fact
from aha_pipeline.briefing.message import Reading
from aha_pipeline.briefing.names import Names
from aha_pipeline_tests.warehouse.marts_company import ist

DAY = date(2025, 3, 20)  # a Thursday
NOBODY = "http://127.0.0.1:1"  # no Ollama answers there
OWNER = {"id": "1", "name": "Asha"}


def at(days_ago: int, hour: int = 10) -> str:
    """Return a time so many days before DAY, as Zoho writes it."""
    return ist(f"{DAY - timedelta(days=days_ago)} {hour:02}:00:00")


def day(days_ago: int) -> str:
    return (DAY - timedelta(days=days_ago)).isoformat()


def fact(stance: str = "won", kind: str = "won", subject: str = "D1", **figures) -> Fact:
    values = {
        name: Decimal(str(value)) if isinstance(value, float) else value
        for name, value in figures.items()
    }
    return Fact(kind, stance, subject, DAY, values, (subject,) if subject else (), Decimal(0))


def reading(code: str = "en", currency: str = "INR", mode: str = "full", **people: str) -> Reading:
    return Reading(language.load(code), currency, Names(mode, people))


def bare(text: str) -> str:
    """Return a text without the marks around names."""
    return text.replace("\u2068", "").replace("\u2069", "")
