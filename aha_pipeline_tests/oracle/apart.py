"""The marts that are judged apart, by drawn rows of what they read."""

from aha_pipeline_tests.oracle import (
    belongings,
    contents,
    counts,
    due,
    first_touches,
    listed,
    logged,
    owners,
    parts,
    went_through,
)

JUDGES = {
    name: judge
    for judged in (
        parts,
        first_touches,
        owners,
        contents,
        belongings,
        listed,
        counts,
        went_through,
        logged,
        due,
    )
    for name, judge in judged.JUDGES.items()
}
