"""The marts that are judged apart, by drawn rows of what they read."""

from aha_pipeline_tests.oracle import (
    belongings,
    contents,
    counts,
    due,
    first_touches,
    listed,
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
        due,
    )
    for name, judge in judged.JUDGES.items()
}
