"""Serves the stand-in for Zoho CRM and Twilio: `python -m zoho_sandbox`."""

from __future__ import annotations

from pathlib import Path

import click

from zoho_sandbox.errors import SandboxError
from zoho_sandbox.faults import rehearsal
from zoho_sandbox.server import serve


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="Serve DIR/<Module>.jsonl.gz.")
@click.option("--port", type=int, default=8700, show_default=True, help="Port on 127.0.0.1.")
@click.option("--fault", "faults", multiple=True, metavar="NAME[=VALUE]", help="Repeatable.")
@click.option("--outbox", type=click.Path(path_type=Path), help="File of the sent messages.")
def main(data: Path | None, port: int, faults: tuple[str, ...], outbox: Path | None) -> None:
    """Serve the stand-in for Zoho CRM and Twilio until Ctrl-C."""
    try:
        serve(port, data, outbox, rehearsal.switches(faults))
    except SandboxError as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
