"""The marks of a message, *bold* and _italic_, translated for what shows it."""

import re

BOLD = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
ITALIC = re.compile(r"(?<![\w/_])_(?=\S)([^\n]+?)(?<=\S)_(?![\w_])")


def with_marks(line: str, bold: str, italic: str) -> str:
    r"""Return a line with its marks replaced, for example by `<b>\1</b>` and `<i>\1</i>`."""
    return ITALIC.sub(italic, BOLD.sub(bold, line))
