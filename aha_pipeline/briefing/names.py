"""Names from the CRM made safe to print: of deals, sources, stages and people.

They are typed by people, some of them strangers in a web form. They are data: whatever they contain
is shown, and does nothing.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from psycopg2.extensions import connection as Connection

from aha_pipeline import encoding, sql

NAME_LIMIT = 60  # a customer's name with city and product
# Unicode's isolates: a name in Arabic does not turn the sentence around it.
BEGIN, END = "\u2068", "\u2069"
# What may surround a word of a name; letters of Indian scripts hold marks that \w does not match.
BORDERS = r"\s,.;:()/&+\-"
BETWEEN = re.compile(f"[{BORDERS}]+")
Mode = Literal["full", "initials", "none"]


def clean(name: str) -> str:
    """Return a name as messages print it: readable, and doing nothing."""
    return encoding.name(name, NAME_LIMIT)


@dataclass(frozen=True)
class Names:
    """How customers' names are printed. `people`: the names of the persons behind a deal, by id.

    full: as they are. initials: a person's name within the deal's is cut to its initials; company,
    product and city stay. none: the end of the deal's id in its place.
    """

    mode: Mode
    people: Mapping[str, str]

    def deal(self, name: str, deal_id: str, noun: str) -> str:
        """Return a deal's name for a reader; `noun` is the word for a deal without a name."""
        if self.mode == "none":
            return f"{noun} …{deal_id[-5:]}"
        name = clean(name)
        if self.mode == "initials":
            for word in BETWEEN.split(self.people.get(deal_id, "")):
                whole = rf"(?<![^{BORDERS}]){re.escape(word)}(?![^{BORDERS}])"
                if len(word) > 1:
                    name = re.sub(whole, f"{word[0]}.", name, flags=re.I)
        return name


def of_people(connection: Connection, deal_ids: Iterable[str]) -> dict[str, str]:
    """Return the name of the contact of each deal that has one, by the deal's id."""
    with connection.cursor() as cursor:
        cursor.execute(sql.read("briefing/people"), {"ids": sorted(set(deal_ids))})
        return dict(cursor.fetchall())
