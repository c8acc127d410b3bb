"""The company as the CRM describes it, kept in `crm.organisation` and related tables."""

from collections.abc import Mapping
from datetime import timedelta

from psycopg2.extensions import connection as Connection

from aha_pipeline import sql
from aha_pipeline.warehouse.cleaning import dumps


def is_profile_older(connection: Connection, age: timedelta) -> bool:
    """Return whether the profile of the organisation was read longer ago than `age`, or never."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select from crm.organisation where coalesce(profiled_at < now() - %s, true)", [age]
        )
        return cursor.rowcount > 0


def save_profile(connection: Connection, profile: Mapping[str, object]) -> None:
    """Save the parts of a `CompanyProfile` by name, as Zoho sent them.

    A part that is None is not known this time and stays as it was. In the caller's transaction.
    """
    told = {name: None if part is None else dumps(part) for name, part in profile.items()}
    with connection.cursor() as cursor:
        cursor.execute(sql.read("warehouse/save_profile"), told)


def contradictions(
    timezone: str, currency: str, home_timezone: str | None, home_currency: str | None
) -> list[str]:
    """Return a sentence for each setting that says something else than the CRM does."""
    sentences = []
    if home_timezone and home_timezone != timezone:
        sentences.append(
            f"Days are cut in {timezone} (AHA_TIMEZONE), and in Zoho the company's time zone is "
            f"{home_timezone}: leave AHA_TIMEZONE empty, unless the difference is meant."
        )
    if home_currency and home_currency != currency:
        sentences.append(
            f"Figures are said to be in {currency} (AHA_CURRENCY), and the company's home currency "
            f"in Zoho is {home_currency}: leave AHA_CURRENCY empty, or amounts bear a wrong sign."
        )
    return sentences


def held_contradictions(connection: Connection) -> list[str]:
    """Return what `contradictions` says of the organisation of this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select timezone, currency, home_timezone, home_currency from crm.organisation"
        )
        return [sentence for row in cursor for sentence in contradictions(*row)]
