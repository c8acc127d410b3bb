"""How much will be won by the end of a month or quarter, as an interval."""
