"""The message for a phone: what happened, at a glance, what to do; 1,000 characters at most."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from aha_pipeline.briefing.catalogue import stances
from aha_pipeline.briefing.facts import DEALS, Fact, Value
from aha_pipeline.briefing.language import Language
from aha_pipeline.briefing.names import BEGIN, END, Names, clean
from aha_pipeline.briefing.plan import LINES, Line, Plan
from aha_pipeline.briefing.ranking import is_worth_advice

LIMIT = 1000
ADVISED = 3
WHATSAPP_MARKS = re.compile(r"[*_~`]+")


@dataclass(frozen=True)
class Reading:
    """How a reader gets a text: the language, the currency, and how much of a customer's name."""

    language: Language
    currency: str
    names: Names

    def sentence(self, fact: Fact, phrase: int) -> str:
        """Return a fact in words."""
        text = self.phrase(fact, phrase)
        return self.language.say(text, fact.figures, self.currency, self.name_of(fact))

    def phrase(self, fact: Fact, number: int) -> str:
        """Return the phrase with that number, or what fits the fact in its place."""
        usable = self.language.usable(fact.stance, fact.figures)
        return self.language.stances[fact.stance][usable[number % len(usable)]]

    def is_read_back(self, fact: Fact, phrase: int, sentence: str) -> bool:
        """Return whether a printed sentence says what the fact does; the second verifier."""
        text = self.phrase(fact, phrase)
        return self.language.read_back(
            text, sentence, fact.figures, self.currency, self.name_of(fact)
        )

    def name_of(self, fact: Fact) -> Callable[[str, str], str]:
        """Return the function that prints a name of this fact."""

        def name(place: str, value: str) -> str:
            if place not in DEALS:
                return clean(value)
            deal_id = fact.deals.get(place, "")
            text = self.names.deal(value, deal_id, self.language.frame["deal_unnamed"])
            return self._apart(text, fact.figures.get(f"{place}_apart"))

        return name

    def _apart(self, name: str, apart: Value | None) -> str:
        if apart is None or self.names.mode == "none":  # ids are apart as they are
            return name
        if isinstance(apart, date):
            return str(self.language.frame["apart"]).format(deal=name, day=self.language.day(apart))
        return f"{name} (…{apart})"

    def line(self, line: Line) -> str:
        """Return a line in words, with what is behind it."""
        text = self.sentence(line.fact, line.phrase)
        if line.link is None or line.joint is None:
            return text
        join = self.language.link[line.joint]
        return join.format(a=text, b=self.sentence(line.link, line.phrase))

    def advice(self, line: Line) -> str:
        """Return what to do about a line, in words; "" where there is nothing."""
        if line.advice is None:
            return ""
        text = self.language.advice[line.advice]
        return self.language.say(text, line.fact.figures, self.currency, self.name_of(line.fact))

    def deal(self, fact: Fact) -> str | None:
        """Return the name of the one deal that a fact names, None where it names none."""
        if "deal" not in fact.figures or not fact.subject:
            return None
        return f"{BEGIN}{self.name_of(fact)('deal', str(fact.figures['deal']))}{END}"


@dataclass(frozen=True)
class About:
    """What both texts are about: the day, the company, its glance and the address of its figures.

    `dashboard_url` is where readers open the dashboard; a named deal is opened below it.
    """

    day: date
    company: str
    is_sandbox: bool
    glance: Fact
    dashboard_url: str

    @property
    def pipeline(self) -> Decimal:
        """The value of the open pipeline at the end of the day; 0 where it is not known."""
        return Decimal(str(self.glance.figures.get("money", 0)))

    def deal_url(self, deal_id: str) -> str:
        """Return the address at which the dashboard shows a deal."""
        return f"{self.dashboard_url}/?deal={deal_id}"


@dataclass(frozen=True)
class Selection:
    """The lines of a message, and those of them whose advice it gives."""

    lines: tuple[Line, ...]
    advised: tuple[Line, ...]


def told(plan: Plan, news: Mapping[str, bool]) -> list[Line]:
    """Return the lines that a message may hold: those that are news, at most six, and of a deal
    one alone.
    """
    lines: list[Line] = []
    seen: set[str | None] = set()
    for line in plan.lines:
        deal = named_deal(line.fact)
        if news[line.fact.id] and deal not in seen:
            lines.append(line)
            seen |= {deal} - {None}
    return lines[:LINES]


def named_deal(fact: Fact) -> str | None:
    """Return the id of the deal that a sentence names, the largest where it is about many."""
    if "deal" not in fact.figures:
        return None
    return fact.subject or next(iter(fact.records), None)


def advised(lines: Sequence[Line], about: About, most: int = ADVISED) -> list[Line]:
    """Return the lines whose advice is given, `most` at most."""
    worth = [line for line in lines if is_worth_advice(line.fact, line.advice, about.pipeline)]
    found: list[Line] = []
    for line in worth:
        if not any(_same_advice(other, line) for other in found):
            found.append(line)
    return found[:most]


def _same_advice(one: Line, other: Line) -> bool:
    return one.advice == other.advice and one.fact.subject == other.fact.subject


def fit(lines: Sequence[Line], plan: Plan, about: About, readings: Sequence[Reading]) -> Selection:
    """Return as many of the lines as fit into 1,000 characters in each of the languages, and then
    as much advice; one piece of advice has precedence over a further line.
    """
    for kept in range(len(lines), 0, -1):
        for most in range(ADVISED, 0, -1):
            chosen = Selection(tuple(lines[:kept]), tuple(advised(lines[:kept], about, most)))
            if all(len(message(chosen, plan, about, one)) <= LIMIT for one in readings):
                return chosen
    return Selection(tuple(lines[:1]), ())


def message(chosen: Selection, plan: Plan, about: About, reading: Reading) -> str:
    """Return the message: its headline, the lines, the day at a glance, what to do, who chose."""
    lines, frame = chosen.lines, reading.language.frame
    head = f"*{reading.language.long_date(about.day)}* · {_plain(clean(about.company))}"
    if about.is_sandbox:
        head += f"\n_{frame['sandbox']}_"
    first = f"*{_plain(headline(lines, reading))}*" + (_link(lines[0], about) if lines else "")
    bullets = [f"▪ {_plain(reading.line(line))}{_link(line, about)}" for line in lines[1:]]
    glance = f"_{frame['glance']}: {_plain(reading.sentence(about.glance, 0))}_"
    return "\n\n".join(
        part
        for part in (
            head,
            first,
            "\n".join(bullets),
            glance,
            "\n".join(_advice(chosen.advised, reading)),
            "\n".join(_foot(lines, plan, about, reading)),
        )
        if part
    )


def headline(lines: Sequence[Line], reading: Reading) -> str:
    """Return the first sentence of the message; that nothing is new is one."""
    if not lines:
        return str(reading.language.frame["quiet"])
    return reading.line(lines[0])


def news_first(lines: Sequence[Line], reading: Reading) -> str:
    """Return what a subject and a short notice say: the headline, or what happened before it.

    The line about the month and its target reads much the same every day, so it is no news.
    """
    first = headline(lines, reading)
    if not lines or lines[0].fact.kind != "target":
        return first
    events = (line for line in lines[1:] if stances()[line.fact.stance].is_event)
    news = next(events, None)
    return f"{reading.line(news)} {first}" if news else first


def note(plan: Plan, language: Language) -> str:
    """Return who chose the lines: a model, a model in part, or the ranking alone."""
    names = {"all": "note", "advice": "note_advice", "some": "note_partly", "none": "note_plain"}
    return str(language.frame[names[plan.share]]).format(model=plan.model)


def action(line: Line, reading: Reading) -> str:
    """Return what to do about a line, with the deal that it is about."""
    text = reading.advice(line)
    deal = reading.deal(line.fact)
    return f"{deal}: {text}" if deal and deal not in text else text


def _advice(found: Sequence[Line], reading: Reading) -> Iterator[str]:
    if found:
        yield f"*{reading.language.frame['today']}*"
    for number, line in enumerate(found, 1):
        yield f"{number}. {_plain(action(line, reading))}"


def _foot(lines: Sequence[Line], plan: Plan, about: About, reading: Reading) -> Iterator[str]:
    more = len(plan.lines) - len(lines)
    frame = reading.language.frame
    if more > 0:
        yield f"_{reading.language.say(frame['more'], {'n': more}, reading.currency, _no_name)}_"
    yield f"_{note(plan, reading.language)}_"
    yield frame["report"].format(url=about.dashboard_url)


def _link(line: Line, about: About) -> str:
    if "deal" not in line.fact.figures or not line.fact.records:
        return ""
    return f"\n{about.deal_url(line.fact.records[0])}"


def _plain(text: str) -> str:
    """WhatsApp knows no escape, so its marks become spaces."""
    return WHATSAPP_MARKS.sub(" ", text)


def _no_name(place: str, value: str) -> str:
    return value
