"""`make bench`: what we claim of speed and completeness, measured against others in one run."""

import argparse
from collections.abc import Callable

from benchmarks import (
    daily_sync,
    dashboard,
    forecast_cost,
    forecasts,
    history,
    losses,
    marts,
    queries,
    speed,
)
from benchmarks.soak import run as soak

PARTS: dict[str, Callable[..., None]] = {
    "daily_sync": daily_sync.main,
    "losses": losses.main,
    "latency": speed.latency,
    "throughput": speed.throughput,
    "growth": speed.growth,
    "marts": marts.marts,
    "queries": queries.queries,
    "dashboard": dashboard.dashboard,
    "forecasts": forecasts.forecasts,
    "two_years": forecast_cost.two_years,
    "history": history.history,
    "soak": soak.soak,
}
ONLY_BY_NAME = {"soak", "two_years"}  # they take as long as all the others


def main() -> None:
    """Run the parts named, or all but those that want to be named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--records", type=int, help="size of the CRM, to try a part small")
    parser.add_argument("--rounds", type=int, help="how often each speed is measured")
    parser.add_argument("--days", type=int, help="how many days the soak lives")
    asked = parser.parse_args()
    unknown = set(asked.parts) - PARTS.keys()
    if unknown:
        parser.error(f"no part {', '.join(sorted(unknown))}: there are {', '.join(PARTS)}")
    for name in asked.parts or [name for name in PARTS if name not in ONLY_BY_NAME]:
        print(f"\n{name}", flush=True)
        PARTS[name](**_options(name, asked))


def _options(name: str, asked: argparse.Namespace) -> dict[str, int]:
    """Return the options that a part knows and that were given."""
    known = PARTS[name].__code__.co_varnames[: PARTS[name].__code__.co_argcount]
    return {key: getattr(asked, key) for key in known if getattr(asked, key)}


if __name__ == "__main__":
    main()
