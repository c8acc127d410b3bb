"""`make bench`: what we claim of speed and completeness, measured against others in one run."""

import argparse
from collections.abc import Callable

from benchmarks import briefing, daily_sync, dashboard, losses, marts, speed

PARTS: dict[str, Callable[..., None]] = {
    "briefing": briefing.main,
    "daily_sync": daily_sync.main,
    "losses": losses.main,
    "latency": speed.latency,
    "throughput": speed.throughput,
    "growth": speed.growth,
    "marts": marts.marts,
    "dashboard": dashboard.dashboard,
}


def main() -> None:
    """Run the parts named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--records", type=int, help="size of the CRM, to try a part small")
    parser.add_argument("--rounds", type=int, help="how often each speed is measured")
    asked = parser.parse_args()
    unknown = set(asked.parts) - PARTS.keys()
    if unknown:
        parser.error(f"no part {', '.join(sorted(unknown))}: there are {', '.join(PARTS)}")
    for name in asked.parts or PARTS:
        print(f"\n{name}", flush=True)
        PARTS[name](**_options(name, asked))


def _options(name: str, asked: argparse.Namespace) -> dict[str, int]:
    """Return the options that a part knows and that were given."""
    known = PARTS[name].__code__.co_varnames[: PARTS[name].__code__.co_argcount]
    return {key: getattr(asked, key) for key in known if getattr(asked, key)}


if __name__ == "__main__":
    main()
