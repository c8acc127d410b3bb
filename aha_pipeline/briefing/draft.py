"""What the model returns: facts by id and words about them, never a figure."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

MIN_ITEMS, MAX_ITEMS = 3, 8


class Item(BaseModel):
    """One fact that the model chose, and its words about it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    fact_id: str
    comment: str


class Draft(BaseModel):
    """A headline and the items below it, the most important first."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    headline: Item
    items: list[Item]


def schema(ids: Iterable[str]) -> dict:
    """Return the JSON schema of a draft. The ids are an enumeration, so that the server's grammar
    already keeps the model from inventing one; written out flat, without references, because not
    every version of Ollama follows them.
    """
    item = {
        "type": "object",
        "properties": {
            "fact_id": {"type": "string", "enum": list(ids)},
            "comment": {"type": "string"},
        },
        "required": ["fact_id", "comment"],
        "additionalProperties": False,
    }
    items = {"type": "array", "items": item, "minItems": MIN_ITEMS, "maxItems": MAX_ITEMS}
    return {
        "type": "object",
        "properties": {"headline": item, "items": items},
        "required": ["headline", "items"],
        "additionalProperties": False,
    }
