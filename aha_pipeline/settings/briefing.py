"""The briefing: which model words it, in which languages, and how it names customers."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from aha_pipeline.settings.addresses import WebAddress

LANGUAGES = Path(__file__).parents[1] / "briefing" / "languages"


def bare(address: str) -> str:
    """Return a reader's address without blanks and `whatsapp:`."""
    return "".join(address.split()).removeprefix("whatsapp:")


def _languages_of(value: str) -> tuple[str, dict[str, str]]:
    """Return the default language of `en, +919812345678=hi`, and those of single readers."""
    default, readers = "en", {}
    for part in (part.strip() for part in value.split(",")):
        reader, separator, code = part.rpartition("=")
        if separator:
            readers[bare(reader)] = code.strip()
        else:
            default = code
    return default, readers


def _known(value: str) -> str:
    known = sorted(path.stem for path in LANGUAGES.glob("??.toml"))
    default, readers = _languages_of(value)
    if not {default, *readers.values()} <= set(known):
        raise ValueError(f"must name languages that there are: {', '.join(known)}")
    return value


class BriefingSettings(BaseModel):
    """Settings of the briefing."""

    ollama_base_url: WebAddress = Field("http://127.0.0.1:11434", description="the Ollama server")
    ollama_model: str = Field("mistral", description="the model that words the briefing")
    briefing_language: Annotated[str, AfterValidator(_known)] = Field(
        "en",
        description="language of the briefing, en or hi; for single readers append theirs: "
        "en, +919812345678=hi",
    )
    briefing_names: Literal["full", "initials", "none"] = Field(
        "initials",
        description="customers' names in messages: full, initials for persons' names, or none; "
        "the dashboard shows them whole",
    )

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that a briefing is written in, the default first."""
        default, readers = _languages_of(self.briefing_language)
        return tuple(dict.fromkeys((default, *readers.values())))

    @property
    def language_of_readers(self) -> dict[str, str]:
        """The languages of those readers who have one of their own."""
        return _languages_of(self.briefing_language)[1]

    def language_of(self, reader: str) -> str:
        """Return the language in which a reader is written to."""
        return self.language_of_readers.get(reader, self.languages[0])
