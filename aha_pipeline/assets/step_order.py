"""Which of the steps that could begin is next: a priority of Dagster each, the highest first.

A run does its steps one after the other while the modules are read beside them. What stands on the
core modules comes before the rest is waited for, so that the first load of a large company shows
figures long before its last record. It is an order and no dependency: one would block.
"""

from collections.abc import Set

from aha_pipeline.warehouse.mart_files import core_relations, optional_relations

# Modules without which there is no figure, and marts that stand on them alone.
CORE = {"dagster/priority": "2"}
# What other marts use where it is there.
OPTIONAL = {"dagster/priority": "1"}
# What figures and briefing do not wait for.
LAST = {"dagster/priority": "-1"}


def of_marts(relations: Set[str]) -> dict[str, str] | None:
    """Return the order of what these marts are needed for, given by name with the schema."""
    if relations <= core_relations():
        return CORE
    return OPTIONAL if relations & optional_relations() else None
