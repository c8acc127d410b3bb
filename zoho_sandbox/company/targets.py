"""What the invented company means to win: its targets, as the file of them holds them."""

from __future__ import annotations

from datetime import date, timedelta

COMPANY = 30_000_000
REPS = {
    "Priya Nair": 6_000_000,
    "Arjun Mehta": 6_000_000,
    "Karthik Subramanian": 5_000_000,
    "Gurpreet Kaur": 5_000_000,
    "Rohit Yadav": 3_500_000,
    "Mohammed Faizan": 2_500_000,
}
SOURCE = ("Channel Partner", 9_000_000)
FISCAL_BEGINS = 4


def targets(today: date) -> str:
    """Return the text of targets.csv: this month and the two beside it, and the fiscal year.

    The reps' do not sum to the company's: whoever is new has none yet.
    """
    first = today.replace(day=1)
    months = [(first - timedelta(days=1)).replace(day=1), first, _next_month(first)]
    year = today.year if today.month >= FISCAL_BEGINS else today.year - 1
    lines = ["scope,name,period,amount"]
    for month in months:
        period = f"{month:%Y-%m}"
        lines.append(f"company,,{period},{COMPANY}")
        lines += [f"rep,{name},{period},{amount}" for name, amount in REPS.items()]
        lines.append(f"source,{SOURCE[0]},{period},{SOURCE[1]}")
    lines += [f"company,,FY{year} Q{quarter},{3 * COMPANY}" for quarter in range(1, 5)]
    lines.append(f"company,,FY{year},{12 * COMPANY}")
    return "\n".join(lines) + "\n"


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
