"""The words that the proof knows and what each of them claims, from `vocabulary.toml`.

A list of what is allowed, and not of what is forbidden: a lie finds a new word more easily than a
list of lies does.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from spellchecker import SpellChecker

FILE = Path(__file__).with_name("vocabulary.toml")
WORD = re.compile(r"[a-z_]+(?:'[a-z]+)?")
SHORTEST, COMMON = 3, 200  # letters; times in the dictionary's texts, of 2 million for `off`
TABLES = ("topics", "implied", "periods", "units")

Classes = Mapping[str, frozenset[str]]


@cache
def classes() -> Classes:
    """Return the classes of each word; those of a table are written `topics.leads`."""
    words = defaultdict(set)
    for name, entries in _sections().items():
        for word in entries.split():
            words[word].add(name)
    for verb in _sections()["advise"].split():
        for form in _regular_forms(verb):
            if form not in words:
                words[form] = {"advice"}
    return {word: frozenset(names) for word, names in words.items()}


@cache
def implied() -> Mapping[str, frozenset[str]]:
    """Return by topic what else a fact of that topic is about."""
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))["implied"]
    return {topic: frozenset(others.split()) for topic, others in table.items()}


def joined(text: str) -> str:
    """Return `text` in lower case with each entry of several words made one: `so_far`."""
    lower = " ".join(text.lower().replace("’", "'").replace("-", " ").split())
    return _phrases().sub(lambda found: found[0].replace(" ", "_"), lower)


def words_in(text: str) -> list[str]:
    """Return the words of a joined text; a possessive counts as its noun."""
    known = classes()
    return [word if word in known else word.removesuffix("'s") for word in WORD.findall(text)]


def names_of(word: str, table: str) -> frozenset[str]:
    """Return the entries of a table that a word stands for: {"leads"} for `enquiry`, topics."""
    found = classes().get(word, ())
    return frozenset(n.partition(".")[2] for n in found if n.startswith(f"{table}."))


def is_english(word: str) -> bool:
    """Return whether `word` stands in a dictionary of common English: no name, no other language,
    no number in pieces.
    """
    return len(word) >= SHORTEST and _dictionary()[word] >= COMMON


@cache
def _dictionary() -> SpellChecker:
    return SpellChecker(language="en")


@cache
def _sections() -> dict[str, str]:
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    flat = {name: entries for name, entries in content.items() if name not in TABLES}
    for table in ("topics", "periods", "units"):
        flat |= {f"{table}.{name}": entries for name, entries in content[table].items()}
    return flat


def _regular_forms(verb: str) -> Iterator[str]:
    """Yield what a regular verb may become; a form that no one writes does no harm."""
    stem = verb.removesuffix("e").removesuffix("y")
    yield from (f"{verb}s", f"{verb}es", f"{stem}ies", f"{stem}ied")
    for ending in ("ed", "ing"):
        yield from (f"{verb}{ending}", f"{stem}{ending}", f"{verb}{verb[-1]}{ending}")


@cache
def _phrases() -> re.Pattern:
    phrases = sorted((w for w in classes() if "_" in w), key=len, reverse=True)
    return re.compile(rf"(?<![\w'])(?:{'|'.join(phrases).replace('_', ' ')})(?![\w'])")
