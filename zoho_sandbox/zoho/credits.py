"""The API credits that calls cost, counted by the stand-in itself."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.types import Scope

from zoho_sandbox.faults.switches import Switches

DELETED_COST, VIEW_COST = 2, 3
# What a query costs beyond its first credit, by its limit.
ROWS_OF_ONE, ROWS_OF_TWO = 200, 1000


class Credits:
    """`spent` since the start; `left` of the switch, None for any number."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self.spent = 0

    @property
    def left(self) -> int | None:
        """How many are left."""
        return self._switches.credits

    def spend(self, credits: int) -> bool:
        """Take credits; whether there were any left."""
        left = self._switches.credits
        if left is not None:
            self._switches.credits = max(left - credits, 0)
            if left <= 0:
                return False
        self.spent += credits
        return True


def cost(scope: Scope) -> int:
    """Return the credits of a call: more for the deleted records, and for a custom view."""
    if scope["path"].endswith("/deleted"):
        return DELETED_COST
    return VIEW_COST if "cvid" in parse_qs(scope["query_string"].decode()) else 1


def further_cost_of_query(limit: int) -> int:
    """Return what a query costs beyond one credit."""
    return (limit > ROWS_OF_ONE) + (limit > ROWS_OF_TWO)
