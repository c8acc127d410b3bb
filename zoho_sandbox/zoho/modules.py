"""Modules and fields as the metadata calls of Zoho CRM describe them."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from zoho_sandbox.ids import metadata_id
from zoho_sandbox.zoho.fields import (
    DOLLAR_KEYS,
    FIELDS,
    LAYOUT,
    LEAD_KEYS,
    LINK_KEYS,
    LOOKUP_MODULES,
    PICKLISTS,
)
from zoho_sandbox.zoho.history import TRACKERS, Tracker
from zoho_sandbox.zoho.pipeline import stage_details

JSON_TYPES = {
    "boolean": "boolean",
    "currency": "double",
    "double": "double",
    "integer": "integer",
    "lookup": "jsonobject",
    "multiselectpicklist": "jsonarray",
    "participants": "jsonarray",
    "ownerlookup": "jsonobject",
}

ACTIVITIES = ("Calls", "Tasks", "Events", "Notes")
EMAILS = "Emails"  # of each record; no module
LINK = "_X_"  # in the name of a module that links records of two others


@dataclass(frozen=True)
class Field:
    """One field of a module."""

    name: str
    type: str = "text"
    custom: bool = False
    mandatory: bool = False
    values: tuple[str, ...] = ()

    def metadata(self, module: str, label: str, *, rich: bool = False) -> dict:
        """Return the field as `settings/fields` answers it; `rich` values tell more of a stage."""
        empty = ("-None-",) if self.type == "picklist" and not self.mandatory else ()
        formula = {"formula": {"return_type": "double"}} if self.type == "formula" else {}
        return formula | {
            "id": metadata_id(f"{module}.{self.name}"),
            "api_name": self.name,
            "field_label": label,
            "display_label": label,
            "data_type": self.type,
            "json_type": JSON_TYPES.get(self.type, "string"),
            "length": 32000 if self.type == "textarea" else 255,
            "custom_field": self.custom,
            "system_mandatory": self.mandatory,
            "read_only": self.type == "formula",
            "visible": True,
            "created_source": "default",
            "lookup": self._lookup(label, rich=rich),
            "pick_list_values": [
                {
                    "display_value": value,
                    "actual_value": value,
                    "sequence_number": number,
                    "type": "used",
                    "maps": [],
                }
                | (stage_details(value) if rich and self.name == "Stage" else {})
                for number, value in enumerate(empty + self.values, start=1)
            ],
        }

    def _lookup(self, label: str, *, rich: bool) -> dict:
        """Return where a lookup leads, as far as it is known; `{}` for a field that is none."""
        if self.type != "lookup" or self.name not in LOOKUP_MODULES:
            return {}
        module = LOOKUP_MODULES[self.name]
        return {
            "id": metadata_id(f"lookup.{self.name}"),
            "api_name": self.name,
            "display_label": label,
            "module": {"id": metadata_id(module), "api_name": module} if rich else module,
        }


@dataclass(frozen=True)
class Module:
    """One module and its fields."""

    name: str
    fields: tuple[Field, ...] = ()
    custom: bool = False
    sortable: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        names = frozenset(f.name for f in self.fields) | {"id"}
        object.__setattr__(self, "sortable", names)

    @property
    def tracker(self) -> Tracker | None:
        """What it tracks, if it is a tracker."""
        return next((t for t in TRACKERS.values() if t.name == self.name), None)

    @property
    def singular(self) -> str:
        """The name of one record."""
        return self.name.removesuffix("s")

    def metadata(self, position: int) -> dict:
        """Return the module as `settings/modules` answers it."""
        described = {
            "id": metadata_id(self.name),
            "api_name": self.name,
            "module_name": self.name,
            "singular_label": self.singular.replace("_", " "),
            "plural_label": self.name.replace("_", " "),
            "generated_type": self._generated_type,
            "api_supported": True,
            "creatable": True,
            "editable": True,
            "deletable": True,
            "viewable": True,
            "convertable": self.name == "Leads",
            "visibility": 1 if self.tracker is None else 0,
            "sequence_number": position,
        }
        return described | self._tracking

    @property
    def _tracking(self) -> dict:
        """What the metadata tell of a tracker alone."""
        if self.tracker is None:
            return {}
        parent = self.tracker.module
        return {
            "status": "system_hidden",
            "creatable": False,
            "editable": False,
            "deletable": False,
            "parent_module": {"api_name": parent, "id": metadata_id(parent)},
        }

    def field_metadata(self, f: Field, *, rich: bool = False) -> dict:
        """Return one of its fields as `settings/fields` answers it."""
        words = f.name.replace("_", " ")
        label = f"{self.singular} {words}" if f.name == "Owner" else words
        return f.metadata(self.name, label, rich=rich)

    def tracking_metadata(self, f: Field, trackers: Container[str]) -> dict:
        """Return what `settings/fields` tells of the history of a field; `trackers` are on."""
        tracker = TRACKERS.get(self.name)
        if tracker is None or tracker.field != f.name or self.name not in trackers:
            return {}
        return {
            "history_tracking_enabled": True,
            "history_tracking": {
                "related_list_name": tracker.name.replace("_", " "),
                "module": {"api_name": tracker.name, "id": metadata_id(tracker.name)},
                "duration_configuration": "days",
                "duration_configured_field": {
                    "api_name": tracker.days,
                    "id": metadata_id(f"{tracker.name}.{tracker.days}"),
                },
                "followed_fields": [
                    {"api_name": name, "id": metadata_id(f"{tracker.name}.{name}")}
                    for name in tracker.followed
                ],
            },
        }

    @property
    def _generated_type(self) -> str:
        if self.tracker is not None:
            return "field_tracker"
        if LINK in self.name:
            return "linking"
        return "custom" if self.custom else "default"


def standard_modules() -> dict[str, Module]:
    """Return the modules that every organisation here has, by name."""
    return {
        name: Module(name, tuple(_parse(item) for item in text.split()))
        for name, text in FIELDS.items()
    }


def blank(module: str) -> dict:
    """Return a record of a standard module with every field empty but the two times."""
    names = (f.name for f in standard_modules()[module].fields)
    record = dict.fromkeys(n for n in names if n not in ("Created_Time", "Modified_Time"))
    lead = LEAD_KEYS if module == "Leads" else {}
    link = LINK_KEYS if module in ACTIVITIES else {}
    return record | {"Tag": [], "Layout": LAYOUT} | lead | link | DOLLAR_KEYS


def _parse(item: str) -> Field:
    name, _, kind = item.lstrip("+*").partition(":")
    listed = kind in ("picklist", "multiselectpicklist")
    return Field(
        name,
        kind or "text",
        custom=item.startswith("+"),
        mandatory=item.startswith("*"),
        values=PICKLISTS[name] if listed else (),
    )
