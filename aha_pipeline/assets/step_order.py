"""Which of the steps that could begin is next: a priority of Dagster each, the highest first.

A run does its steps one after the other while the modules are read beside them. What stands on the
core modules comes before the rest is waited for, so that the first load of a large company shows
figures long before its last record. It is an order and no dependency: one would block.
"""

# Modules without which there is no figure, and marts that stand on them alone.
CORE = {"dagster/priority": "2"}
# What other marts use where it is there.
OPTIONAL = {"dagster/priority": "1"}
# What figures and briefing do not wait for.
LAST = {"dagster/priority": "-1"}
