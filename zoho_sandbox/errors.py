"""Errors of the stand-in."""


class SandboxError(Exception):
    """The stand-in cannot serve; the text is one sentence that says why and what to do."""
