"""What stands in the texts beside the figures: a proven draft of the model, or nothing."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from aha_pipeline.briefing.draft import Draft, Item
from aha_pipeline.briefing.markup import MARKDOWN, WHATSAPP, Style
from aha_pipeline.briefing.phrases import Day, beside, title

PLAIN_NOTE = "Automatic summary, written from the figures without a language model."


@dataclass(frozen=True)
class Words:
    """A note on who wrote; a headline for each text and remarks by section of the report.

    Every one is in print already: figures and names by our code, the model's words beside them.
    """

    note: str
    report_headline: str = ""
    summary_headline: str = ""
    remarks: Mapping[str, list[str]] = field(default_factory=dict)


PLAIN = Words(PLAIN_NOTE)


def in_print(draft: Draft, day: Day, model: str) -> Words:
    """Return what a draft adds to the two texts. It must have passed the proof."""
    remarks = defaultdict(list)
    for item in draft.items:
        fact = day.facts[item.fact_id]
        figure = MARKDOWN.bold(f"{title(fact, MARKDOWN)}: {beside(fact, MARKDOWN)}.")
        remarks[fact.section].append(f"{figure} {MARKDOWN.plain(item.comment)}")
    return Words(
        note=f"Headline and remarks by {model}, a language model; every figure is the database's.",
        report_headline=_headline(draft.headline, day, MARKDOWN),
        summary_headline=_headline(draft.headline, day, WHATSAPP),
        remarks=dict(remarks),
    )


def _headline(item: Item, day: Day, style: Style) -> str:
    fact = day.facts[item.fact_id]
    return f"{style.bold(style.plain(item.comment))} {title(fact, style)}: {beside(fact, style)}."
