"""Known vulnerabilities of what requirements.lock pins: `python .ci/audit.py`.

Exit status 1 where there are any. A service that does not answer, or that does not know the
packages, is said so and is no failure: no result depends on the network.
"""

import json
import subprocess
import sys

COMMAND = [
    sys.executable,
    "-m",
    "pip_audit",
    "--requirement",
    "requirements.lock",
    "--require-hashes",
    "--disable-pip",
]
QUIET = ["--format", "json", "--progress-spinner", "off", "--timeout", "20"]
LIMIT_SECONDS = 300


def main() -> int:
    """Print what was found; return the exit status."""
    try:
        finished = subprocess.run(
            [*COMMAND, *QUIET],
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
        )
        status, said = report(finished.stdout)
    except subprocess.TimeoutExpired:
        status, said = report("")
    print(said)
    return status


def report(output: str) -> tuple[int, str]:
    """Return the exit status and a text for the JSON that pip-audit printed, or failed to."""
    try:
        packages = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return 0, "Audit: NOT DONE, the vulnerability service is unreachable."
    asked = [package for package in packages if "skip_reason" not in package]
    found = [
        f"{package['name']} {package['version']}: {problem['id']}, "
        f"mended in {', '.join(problem['fix_versions']) or 'no version yet'}"
        for package in asked
        for problem in package["vulns"]
    ]
    if not asked:
        return 0, "Audit: NOT DONE, the vulnerability service knows none of the packages."
    counted = f"Audit: {len(asked)} of {len(packages)} packages looked up, {len(found)} problems."
    return int(bool(found)), "\n".join([counted, *found])


if __name__ == "__main__":
    sys.exit(main())
