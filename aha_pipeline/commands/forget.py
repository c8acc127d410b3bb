"""Forget a person, from the terminal: show, ask, suppress, and give the certificate."""

from datetime import datetime
from zoneinfo import ZoneInfo

import click
from babel.core import get_global
from rich.console import Console
from rich.table import Table

from aha_pipeline import services
from aha_pipeline.automation import erasure
from aha_pipeline.encoding import terminal
from aha_pipeline.services import Services
from aha_pipeline.settings import Settings
from aha_pipeline.warehouse import erasure as records
from aha_pipeline.warehouse import person
from aha_pipeline.warehouse.erasure import CRM, REQUEST, Certificate
from aha_pipeline.warehouse.person import Key, Selector

BASES = {"request": "request", "crm": "as Zoho says", "age": "age"}
SHOWN = 50  # at most this many records are listed on a terminal


def forget(
    console: Console, asked: tuple[str, str] | None, *, proposed: bool, is_agreed: bool
) -> None:
    """Erase the person who was `asked` for, by ("phone" | "email" | "id", text), or all `proposed`.

    With neither, finish what was begun and list certificates and proposals. Raises PersonError,
    UserFileError or a room's error: what was begun by then is finished at the next call.
    """
    opened = services.current()
    selector = _selector(opened.settings, *asked) if asked else None
    finished = erasure.finish(opened)
    if selector or proposed:
        _erase(console, opened, selector, is_agreed)
    else:
        _list(console, opened, finished)


def _selector(settings: Settings, kind: str, text: str) -> Selector:
    if kind == "phone":
        return person.by_phone(text, _region(settings))
    return (person.by_email if kind == "email" else person.by_id)(text)


def _region(settings: Settings) -> str:
    """Return the country of the business day's zone: of numbers without a country code."""
    zone = settings.aha_timezone
    return str(get_global("zone_territories").get(get_global("zone_aliases").get(zone, zone), "ZZ"))


def _erase(console: Console, opened: Services, selector: Selector | None, is_agreed: bool) -> None:
    with opened.connect() as connection:
        found = (
            person.find(connection, selector)
            if selector
            else person.with_linked(connection, person.proposed(connection))
        )
        forgotten = records.already_forgotten(connection, found)
        found = {key: why for key, why in found.items() if key not in forgotten}
        names = person.names(connection, found)
    if not found:
        done = "All records of theirs are erased already." if forgotten else None
        console.print(done or "No record here is theirs.")
        return
    console.print(_records(found, names))
    if len(found) > SHOWN:
        console.print(f"... and {len(found) - SHOWN:,} more.")
    consequence = records.consequence(len(found), opened.settings.aha_purge_after_days)
    console.print(consequence, soft_wrap=True)
    if not is_agreed and not click.confirm("Erase them?"):
        console.print("Nothing was erased.")
        return
    basis = REQUEST if selector else CRM
    with console.status("Erasing; a read of Zoho that is under way ends first"):
        number, receipt = erasure.begin(opened, basis, found, selector.text if selector else None)
        erasure.finish(opened)
        with opened.connect() as connection:
            [certificate] = records.certificates(connection, number)
    _certify(console, certificate, opened.settings.zone)
    if receipt and selector:
        console.print(
            f"Receipt {receipt}: give it to the person, for it is kept nowhere. The digest is the "
            f'SHA-256 of "{receipt}:{selector.text}".',
            soft_wrap=True,
        )


def _records(found: dict[Key, str], names: dict[Key, str]) -> Table:
    table = _table("Module", "Id", "Name", "Because")
    for (module, id_), why in sorted(found.items())[:SHOWN]:
        table.add_row(module, id_, terminal(names[module, id_]), why)
    return table


def _certify(console: Console, certificate: Certificate, zone: ZoneInfo) -> None:
    console.print(f"Certificate of erasure {certificate.id}", style="bold")
    table = _table("Erased from", "Rows")
    for place, count in certificate.erased.items():
        table.add_row(place, f"{count:,}")
    console.print(table)
    console.print(f"Records: {certificate.records:,}. Basis: {BASES[certificate.basis]}.")
    if certificate.subject_digest:
        console.print(f"Digest: {certificate.subject_digest}")
    purged = certificate.purged_at and f"purged {_when(certificate.purged_at, zone)}"
    console.print(
        f"Suppressed {_when(certificate.suppressed_at, zone)}, "
        f"{purged or 'sealed until it is purged'}."
    )


def _list(console: Console, opened: Services, finished: list[Certificate]) -> None:
    with opened.connect() as connection:
        certificates = records.certificates(connection)
        proposals = person.proposed(connection)
    if finished:
        console.print(f"Finished: {', '.join(f'erasure {one.id}' for one in finished)}.")
    table = _table("Erasure", "Basis", "Records", "Suppressed", "Purged")
    for one in certificates:
        zone = opened.settings.zone
        times = (_when(one.suppressed_at, zone), _when(one.purged_at, zone))
        table.add_row(str(one.id), BASES[one.basis], f"{one.records:,}", *times)
    console.print(table if certificates else "Nobody was erased yet.")
    if proposals:
        noun = "record" if len(proposals) == 1 else "records"
        console.print(
            f"Zoho proposes {len(proposals):,} {noun}: `aha forget --proposed` shows and erases "
            "them."
        )


def _when(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}" if moment else "not yet"


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        is_number = heading in ("Rows", "Records", "Erasure")
        table.add_column(heading, justify="right" if is_number else "left")
    return table
