"""What the doctor finds, and the numbers of the installation that it examines."""

from aha_pipeline.doctor.examine import examine
from aha_pipeline.doctor.finding import Finding

NUMBER, READER = "+14155550100", "+919812345678"


def found() -> list[Finding]:
    return list(examine())


def wrong(findings: list[Finding]) -> dict[str, Finding]:
    """What is not well, by name."""
    return {one.what: one for one in findings if one.verdict != "ok"}
