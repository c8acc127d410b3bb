"""Sentences: a file a language, figures and names set in by code, and read back from the print."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from aha_pipeline import figures
from aha_pipeline.briefing.facts import LEFT_OUT, Value
from aha_pipeline.briefing.names import BEGIN, END

FOLDER = Path(__file__).parent / "languages"
PLACE = re.compile(r"\{(?P<name>\w+)(?P<form>[$%#@]?)(?:\|(?P<one>[^|}]*)\|(?P<many>[^|}]*))?\}")
# Digits of the printed figure are 0 to 9 in every language: what is dialled and compared is these.
NUMBER = re.compile(r"-?[0-9][0-9.,]*")
# What a place prints that is no name.
PRINTED = f"[^{BEGIN}{END}]+?"
# What a phrase must print where it is known.
WANTED = (
    "{money$}",
    "{assumed%}",
    "{target$}",
    "{deal}",
    "{second}",
    "{reason}",
    "{still#}",
    "{was_pct%}",
    "{usual#}",
    "{due_money$}",
)
SUFFIXES = {"K": 3, "M": 6, "B": 9, "T": 12}


class LanguageError(ValueError):
    """A language's file is missing, or its phrases do not fit; the text says which."""


@dataclass(frozen=True)
class Language:
    """The phrases of one language. `stances`: two to four by stance; `advice`, `link`, `frame` and
    `report`: fixed texts by name.
    """

    code: str
    stances: Mapping[str, Sequence[str]]
    advice: Mapping[str, str]
    link: Mapping[str, str]
    frame: Mapping[str, Any]
    report: Mapping[str, str]

    def usable(self, stance: str, figures: Mapping[str, Value]) -> list[int]:
        """Return the numbers of the phrases whose values are all known: where there is money, of
        those that print it, and so for each of WANTED. Never empty: a test demands a phrase for
        every set of values.
        """
        phrases = self.stances[stance]
        fitting = [n for n, text in enumerate(phrases) if places(text) <= figures.keys()]
        for wanted in WANTED:
            fitting = [n for n in fitting if wanted in phrases[n]] or fitting
        return fitting

    def say(
        self,
        phrase: str,
        values: Mapping[str, Value],
        currency: str,
        name: Callable[[str, str], str],
    ) -> str:
        """Return a phrase with its values set in; `name` prints a name of that place."""

        def put(place: re.Match[str]) -> str:
            value = values[place["name"]]
            printed = self._put(place, value, currency, name)
            if form := self._aside(place, values):
                before = self._put_number(place, form[1], currency)
                alone = self._put_number(place, value, currency)
                # What reads the same is no other figure.
                if before != alone:
                    printed = form[0].format(now=printed, before=before)
            if left := _left_out(place, values):
                deals = ", ".join(
                    self.say(self.frame[why], {"n": n}, currency, name) for why, n in left.items()
                )
                printed = str(self.frame["left_out"]).format(now=printed, deals=deals)
            return printed

        return PLACE.sub(put, phrase)

    def _put(
        self,
        place: re.Match[str],
        value: Value,
        currency: str,
        name: Callable[[str, str], str],
    ) -> str:
        if place["one"] is not None:
            assert isinstance(value, int | Decimal)
            return f"{self.number(value, currency)} {place['one' if value == 1 else 'many']}"
        if place["name"] == "weekday":
            return str(self.frame["weekdays"][int(str(value)) - 1])
        if isinstance(value, str):
            return f"{BEGIN}{name(place['name'], value)}{END}"
        if isinstance(value, date):
            return self.day(value)
        return self._put_number(place, value, currency)

    def _put_number(self, place: re.Match[str], value: Value, currency: str) -> str:
        assert isinstance(value, int | Decimal)
        if place["form"] == "$":
            return self.money(value, currency)
        if place["form"] == "%":
            return figures.percent(value)
        return self.number(value, currency)

    def _aside(
        self, place: re.Match[str], values: Mapping[str, Value]
    ) -> tuple[str, Decimal] | None:
        """Return a figure and the different one that was told before, as printed together."""
        name = place["name"]
        if (told := values.get(f"{name}_told")) is not None:
            return self.frame["told"], Decimal(str(told))
        if (told := values.get(f"{name}_was")) is not None:
            was = Decimal(str(told))
            return self.frame["up_from" if Decimal(str(values[name])) > was else "down_from"], was
        return None

    def money(self, value: Decimal | int, currency: str) -> str:
        """Return an amount as the language writes it: ₹4.52 L, ₹4.52 लाख."""
        printed = figures.money(value, currency)
        for unit, word in ((" L", self.frame["lakh"]), (" Cr", self.frame["crore"])):
            if printed.endswith(unit):
                return f"{printed.removesuffix(unit)} {word}"
        return printed

    def number(self, value: Decimal | int, currency: str) -> str:
        """Return a number of things, with one decimal at most."""
        return figures.count(value, currency)

    def day(self, day: date) -> str:
        """Return `4 Dec 2026`."""
        return f"{day.day} {self.frame['months'][day.month - 1]} {day.year}"

    def long_date(self, day: date) -> str:
        """Return `Friday, 4 Dec 2026`."""
        return f"{self.frame['weekdays'][day.weekday()]}, {self.day(day)}"

    def read_back(
        self,
        phrase: str,
        sentence: str,
        values: Mapping[str, Value],
        currency: str,
        name: Callable[[str, str], str],
    ) -> bool:
        """Return whether a printed sentence is this phrase and says these values.

        Figures are read from the print by a second way, and must be the value to the precision
        that is printed; names must be the item's own, each in its place.
        """
        asides = [self._aside(place, values) for place in PLACE.finditer(phrase)]
        left = [_left_out(place, values) for place in PLACE.finditer(phrase)]
        pattern = _pattern(
            phrase,
            tuple(aside and aside[0] for aside in asides),
            tuple(self.frame["left_out"] if deals else None for deals in left),
        )
        found = pattern.fullmatch(sentence)
        if found is None:
            return False
        return all(
            self._says_all(place, found, number, aside, values, currency, name)
            and self._says_left_out(found, number, deals, currency, name)
            for number, (place, aside, deals) in enumerate(
                zip(PLACE.finditer(phrase), asides, left, strict=True)
            )
        )

    def _says_left_out(
        self,
        found: re.Match[str],
        number: int,
        left: Mapping[str, Value],
        currency: str,
        name: Callable[[str, str], str],
    ) -> bool:
        """Return whether so many deals are said, for each reason, not to be in a figure."""
        texts = found[f"deals{number}"].split(", ") if left else []
        return len(texts) == len(left) and all(
            self.read_back(self.frame[why], text, {"n": n}, currency, name)
            for text, (why, n) in zip(texts, left.items(), strict=True)
        )

    def _says_all(
        self,
        place: re.Match[str],
        found: re.Match[str],
        number: int,
        aside: tuple[str, Decimal] | None,
        values: Mapping[str, Value],
        currency: str,
        name: Callable[[str, str], str],
    ) -> bool:
        """Return whether a place says its value and the different one that was told before."""
        value = values[place["name"]]
        if aside is None:
            return self._says(place, found[f"p{number}"], value, currency, name)
        alone = found[f"p{number}"]
        now = alone or found[f"now{number}"]
        then = found[f"before{number}"] or (alone.partition(" ")[0] if place["one"] else alone)
        return self._says(place, now, value, currency, name) and self._is_value(
            then, aside[1], currency, place["form"]
        )

    def _says(
        self,
        place: re.Match[str],
        printed: str,
        value: Value,
        currency: str,
        name: Callable[[str, str], str],
    ) -> bool:
        if place["name"] == "weekday":
            return bool(printed == self.frame["weekdays"][int(str(value)) - 1])
        if isinstance(value, str):
            return printed == f"{BEGIN}{name(place['name'], value)}{END}"
        if isinstance(value, date):
            month = self.frame["months"][value.month - 1]
            return printed.split(" ") == [str(value.day), month, str(value.year)]
        if place["one"] is not None:
            printed, _, noun = printed.partition(" ")
            if noun != place["one" if value == 1 else "many"]:
                return False
        return self._is_value(printed, Decimal(value), currency, place["form"])

    def _is_value(self, printed: str, value: Decimal, currency: str, form: str) -> bool:
        digits = NUMBER.search(printed)
        if digits is None:
            return False
        number = figures.read_number(digits[0].rstrip(".,"), currency)
        rest = printed[digits.end() :]
        scale = self._scale(rest.strip()) if form == "$" else 0
        is_alone = not NUMBER.search(rest) if form == "$" else printed.strip("% ") == digits[0]
        sign = -1 if printed.startswith("-") and number > 0 else 1
        # The last printed place may be rounded by half of it, halves away from zero.
        decimals = 2 if scale else 0 if form == "$" else 1
        half = Decimal("0.5").scaleb(scale - decimals)
        difference = abs(value) - abs(number.scaleb(scale))
        is_close = -half <= difference < half or (form != "$" and difference == 0)
        return is_alone and is_close and (value >= 0) == (sign * number >= 0)

    def _scale(self, unit: str) -> int:
        """Return the power of ten named after a number, such as lakh; 0 for a currency's sign."""
        scales = {self.frame["lakh"]: 5, self.frame["crore"]: 7, **SUFFIXES}
        return scales.get(unit.partition(" ")[0], 0)


def _left_out(place: re.Match[str], values: Mapping[str, Value]) -> dict[str, Value]:
    """Return how many deals are not in the money of a place, by the reason."""
    if place["form"] != "$":
        return {}
    counts = {why: values.get(f"{place['name']}_{why}") for why in LEFT_OUT}
    return {why: n for why, n in counts.items() if n is not None}


@cache
def _pattern(
    phrase: str, asides: tuple[str | None, ...], left_out: tuple[str | None, ...]
) -> re.Pattern[str]:
    """Return what a phrase prints: each place as `p<number>`, or as `now<number>` and
    `before<number>` where the text of its aside stands round them; `deals<number>` is what is said
    not to be in it.
    """
    parts, end = [], 0
    places = zip(PLACE.finditer(phrase), asides, left_out, strict=True)
    for number, (place, aside, left) in enumerate(places):
        parts.append(re.escape(phrase[end : place.start()]))
        printed = f"(?P<p{number}>{BEGIN}[^{BEGIN}{END}]*{END}|{PRINTED})"
        if aside:  # first: its comma is no end of the place
            now, before = f"(?P<now{number}>{PRINTED})", f"(?P<before{number}>{PRINTED})"
            printed = f"(?:{_around(aside, now=now, before=before)}|{printed})"
        if left:
            printed = _around(left, now=printed, deals=f"(?P<deals{number}>{PRINTED})")
        parts.append(printed)
        end = place.end()
    return re.compile("".join(parts) + re.escape(phrase[end:]))


def _around(frame: str, **patterns: str) -> str:
    """Return the pattern of a frame's text with these in its places."""
    return re.sub(r"\\{(\w+)\\}", lambda name: patterns[name[1]], re.escape(frame))


@cache
def places(phrase: str) -> frozenset[str]:
    """Return the names of the values that a phrase prints."""
    return frozenset(place["name"] for place in PLACE.finditer(phrase))


@cache
def codes() -> tuple[str, ...]:
    """Return the languages that there are, one for each file."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml") if path.stem != "signed"))


@cache
def load(code: str) -> Language:
    """Return a language by its code, `en` or `hi`. Raises LanguageError if it has no file."""
    path = FOLDER / f"{code}.toml"
    if code not in codes():
        raise LanguageError(
            f"There is no language {code!r}; there are {', '.join(codes())}. Set BRIEFING_LANGUAGE "
            f"to one of them, or write {path.name}."
        )
    content = tomllib.loads(path.read_text("utf-8"))
    parts = ("advice", "link", "frame", "report")
    return Language(code, content["stance"], **{part: content[part] for part in parts})
