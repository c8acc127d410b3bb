"""Who read which phrase beside what it claims: `python -m aha_pipeline.briefing.sign_off en NAME`.

No SQL sees a wrong translation: a phrase is a claim in itself. `languages/signed.toml` holds a hash
of each stance's meaning and phrases with its reader; a test refuses a phrase that changed since.
"""

import sys
import tomllib
from hashlib import sha256

from aha_pipeline.briefing.catalogue import stances
from aha_pipeline.briefing.language import FOLDER, Language, load

PATH = FOLDER / "signed.toml"


def signature(language: Language, stance: str) -> str:
    """Return the hash of what is signed: the stance's meaning, its phrases and their advice."""
    known = stances()[stance]
    advice = [language.advice[name] for name in known.advice]
    return sha256("\n".join([known.means, *language.stances[stance], *advice]).encode()).hexdigest()


def unsigned(language: Language) -> list[str]:
    """Return the stances whose present phrases nobody has signed."""
    signed = tomllib.loads(PATH.read_text("utf-8")).get(language.code, {})
    return [
        name
        for name in language.stances
        if signed.get(name, {}).get("sha256") != signature(language, name)
    ]


def sign(code: str, reader: str) -> None:
    """Print what is not signed yet of a language, and sign it in the name of its reader."""
    language = load(code)
    content = tomllib.loads(PATH.read_text("utf-8")) if PATH.exists() else {}
    content.setdefault(code, {})
    for name in unsigned(language) if PATH.exists() else language.stances:
        print(f"{name}: {stances()[name].means}", *language.stances[name], sep="\n    ")
        content[code][name] = {"sha256": signature(language, name), "reader": reader}
    lines = []
    for one, entries in sorted(content.items()):
        lines.append(f"\n[{one}]")
        lines += [
            f'{name} = {{ sha256 = "{entry["sha256"]}", reader = "{entry["reader"]}" }}'
            for name, entry in entries.items()
        ]
    head = "# Who read which phrases beside what they claim; written by briefing/sign_off.py."
    PATH.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sign(*sys.argv[1:3])
