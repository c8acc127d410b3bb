"""Changes a module while it is being read, as a busy company does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from random import Random

from zoho_sandbox.zoho.modules import Module
from zoho_sandbox.zoho.records import Query, Record, Table
from zoho_sandbox.zoho.store import Store

ANY = Query(converted=None, approved=None, per_page=1)
UNCONVERTED = replace(ANY, converted=False)  # Zoho refuses to edit a converted record


class ChurnSimulator:
    """Makes the changes that the switch says, drawn from the seed and the number of the call."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._calls = count()

    def apply(self, module: Module) -> None:
        """Change records of a module at random."""
        churn = self._store.switches.churn
        if churn is None:
            return
        rng = Random(f"{self._store.switches.seed}/churn/{next(self._calls)}")
        name, table = module.name, self._store.tables[module.name]
        for record in _chosen(rng, table, ANY, churn.creates):
            self._store.create(name, _copy(record))
            churn.done["creates"] += 1
        for record in _chosen(rng, table, UNCONVERTED, churn.edits):
            self._store.edit(name, record.id, {_text_field(module): f"edit {rng.random():.9f}"})
            churn.done["edits"] += 1
        for record in _chosen(rng, table, ANY, churn.deletes):
            self._store.delete(name, record.id)
            churn.done["deletes"] += 1
        converts = churn.converts if name == "Leads" else 0
        for record in _chosen(rng, table, UNCONVERTED, converts):
            self._store.convert(record.id, {})
            churn.done["converts"] += 1


def _chosen(rng: Random, table: Table, query: Query, number: int) -> Iterator[Record]:
    """Draw records one after the other, each as likely, until there are no more."""
    for _ in range(number):
        total = table.page(query)[1]
        if not total:
            return
        records, _ = table.page(replace(query, page=1 + rng.randrange(total)))
        yield records[0]


def _copy(record: Record) -> dict:
    """Return the values of a new record like another one."""
    own = {"id", "Created_Time", "Modified_Time", "$converted", "$converted_detail"}
    data = {name: value for name, value in record.data.items() if name not in own}
    if "$converted" in record.data:
        data |= {"$converted": False, "$converted_detail": {}}
    return data


def _text_field(module: Module) -> str:
    texts = [f.name for f in module.fields if f.type in ("text", "textarea")]
    return "Description" if "Description" in texts or not texts else texts[-1]
