"""A setting that holds several names, separated by commas."""

from typing import Annotated, TypeVar

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

Name = TypeVar("Name", bound=str)


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))


# Each name once, in the order in which they are written.
Names = Annotated[tuple[Name, ...], NoDecode, BeforeValidator(_split)]
