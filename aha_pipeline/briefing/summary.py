"""The WhatsApp summary: what needs attention first, then the day in figures."""

from aha_pipeline.briefing.attention import concerns
from aha_pipeline.briefing.evidence import bare
from aha_pipeline.briefing.markup import WHATSAPP
from aha_pipeline.briefing.phrases import QUIET, SANDBOX, Day, many, short_date, since
from aha_pipeline.briefing.words import PLAIN, Words

LIMIT = 1000


def summary(day: Day, words: Words = PLAIN) -> str:
    """Return the message, at most 1,000 characters; what is least pressing is left out first."""
    worries = [f"▪ {concern.problem}" for concern in concerns(day, WHATSAPP)]
    for kept in range(len(worries), -1, -1):
        text = _text(day, words, worries[:kept], left_out=len(worries) - kept)
        if len(bare(text)) <= LIMIT:
            break
    return text


def _text(day: Day, words: Words, worries: list[str], left_out: int) -> str:
    head = f"*{short_date(day.day)}* · {WHATSAPP.name(day.company)}"
    if day.is_sandbox:
        head += f"\n_{SANDBOX}_"
    if left_out:
        worries = [*worries, f"▪ {left_out} more in the full report."]
    attention = "\n".join(["*Needs attention*", *(worries or [QUIET])])
    figures = "\n".join(["*The day*", *(f"▪ {line}" for line in _figures(day))])
    foot = f"_{WHATSAPP.plain(words.note)}_\n_The full report is in the dashboard._"
    return "\n\n".join(filter(None, [head, words.summary_headline, attention, figures, foot]))


def _figures(day: Day) -> list[str]:
    leads, usual, won, value, lost = (
        day.facts[fact_id]
        for fact_id in ("new_leads", "new_leads_average", "won_deals", "won_value", "lost_deals")
    )
    pipeline, deals = day.facts["open_pipeline_value"], day.facts["open_deals"]
    lines = [
        f"New leads: *{leads.text}* (seven days before: {usual.text} a day)",
        f"Won: *{many(won, 'deal')}*{f', *{value.text}*' if won.value else ''}; "
        f"lost: {many(lost, 'deal')}",
    ]
    if month := day.get("month_won_value"):
        lines.append(f"This month: *{month.text}* won{since(month, WHATSAPP)}")
    lines.append(f"Open: *{pipeline.text}* in {many(deals, 'deal')}")
    if closing := day.several("closing_30_deals", "closing_30_value"):
        lines.append(f"Closing within 30 days: *{closing[1].text}* in {many(closing[0], 'deal')}")
    return lines
