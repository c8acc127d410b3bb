"""How many examples a property is tried on."""

from hypothesis import settings


def examples(number: int) -> int:
    """Return the number to explore with, or a fifth of it where the examples are always the same.

    The rest of the same ones would find nothing new; `make explore` draws all of them afresh.
    """
    return number // 5 if settings.default.derandomize else number
