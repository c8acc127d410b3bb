"""Which of the steps that could begin is next: a priority of Dagster each, the highest first.

A run does its steps one after the other while the modules are read beside them. What stands on the
core modules comes before the rest is waited for, so that the first load of a large company shows
figures long before its last record. It is an order and no dependency: one would block.
"""

CORE = {
    "dagster/priority": "2"
}  # modules without which there is no figure, and marts of them alone
OPTIONAL = {"dagster/priority": "1"}  # what other marts use where it is there
LAST = {"dagster/priority": "-1"}  # figures and briefing come first
