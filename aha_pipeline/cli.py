"""The `aha` command: one clear sentence and exit status 1 for whatever a person can put right."""

import os
import sys
from datetime import date
from pathlib import Path

import click
from rich.console import Console

from aha_pipeline import interrupts, memory, refusals
from aha_pipeline import sandbox as stand_in
from aha_pipeline import settings as configuration
from aha_pipeline.clocks import ClocksApart
from aha_pipeline.crm.errors import ZohoError
from aha_pipeline.settings import SettingsError
from aha_pipeline.warehouse import errors
from aha_pipeline.warehouse.connection import DatabaseUnreachable
from aha_pipeline.warehouse.migrate import SchemaIsNewer
from aha_pipeline.warehouse.person import PersonError
from aha_pipeline.warehouse.state import WrongOrganisation
from aha_pipeline.warehouse.user_file import UserFileError

INTERRUPTED = 130
EXPECTED = (
    SettingsError,
    DatabaseUnreachable,
    SchemaIsNewer,
    ZohoError,
    WrongOrganisation,
    ClocksApart,
    UserFileError,
    PersonError,
    stand_in.SandboxError,
)


PORT = click.IntRange(1, 65535)


class Day(click.ParamType[date]):
    """A calendar day, YYYY-MM-DD."""

    name = "day"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """Return the date; fail with a sentence that shows the form."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a day; write it as 2026-01-31.", param, ctx)


class Modules(click.ParamType[tuple[str, ...]]):
    """Module names separated by commas, each one of ZOHO_MODULES."""

    name = "modules"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Return the names; fail naming one that is not configured."""
        from aha_pipeline.services import configured_modules

        configured = configured_modules()
        names = tuple(name.strip() for name in str(value).split(",") if name.strip())
        if not names:
            self.fail(f"name at least one of {', '.join(configured)}.", param, ctx)
        for name in names:
            if name not in configured:
                self.fail(f"{name!r} is not in ZOHO_MODULES ({', '.join(configured)}).", param, ctx)
        return names


class WithScopes(click.Command):
    """A command whose help ends with the scopes of a self client."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the scopes."""
        from aha_pipeline.crm.permissions import SCOPES

        with formatter.section("Scopes of the code"):
            formatter.write("".join(f"  {scope}\n" for scope in SCOPES))


class WithFaults(click.Command):
    """A command whose help ends with the faults that can be rehearsed."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of faults."""
        with formatter.section("Faults"):
            formatter.write_dl(stand_in.fault_rows())


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.pass_context
def cli(context: click.Context) -> None:
    """Zoho CRM to PostgreSQL to a briefing on a phone."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@cli.command()
@click.option("--ui-port", type=PORT, default=3000, show_default=True, help="Dagster UI.")
@click.option("--dashboard-port", type=PORT, default=8501, show_default=True, help="Dashboard.")
@click.option("--health-port", type=PORT, default=8510, show_default=True, help="/healthz.")
def up(ui_port: int, dashboard_port: int, health_port: int) -> None:
    """Start everything: the first sync, then the Dagster UI and the dashboard, until Ctrl-C."""
    from aha_pipeline.commands import up as supervisor

    sys.exit(supervisor.run(_console(), ui_port, dashboard_port, health_port))


@cli.command()
@click.option("--from", "first", type=Day(), help="First day; by default the first unread one.")
@click.option("--to", "last", type=Day(), help="Last day; by default today.")
@click.option("--modules", type=Modules(), help="Only these of ZOHO_MODULES.")
def sync(first: date | None, last: date | None, modules: tuple[str, ...] | None) -> None:
    """Run the daily job now: read Zoho, compute the figures, write and send the briefing."""
    with memory.loading():
        from aha_pipeline.commands.sync import sync as run_sync

    sys.exit(0 if run_sync(_console(), first, last, modules) else 1)


@cli.command()
@click.option("--from", "first", type=Day(), required=True, help="First day.")
@click.option("--to", "last", type=Day(), required=True, help="Last day.")
def backfill(first: date, last: date) -> None:
    """Read the unread days of a range; give it again after an interruption."""
    from aha_pipeline.commands.sync import backfill as run_backfill

    sys.exit(0 if run_backfill(_console(), first, last) else 1)


@cli.command()
@click.option("--plan", is_flag=True, help="Say what it will cost, and read nothing.")
def history(plan: bool) -> None:
    """Read Zoho's own history of deals and leads from before the first sync."""
    from aha_pipeline.commands.history import history as run_history

    sys.exit(0 if run_history(_console(), is_plan_only=plan) else 1)


@cli.command(cls=WithFaults)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Serve the records of DIR/<Module>.jsonl.gz instead of the demo company.",
)
@click.option("--port", type=PORT, default=8700, show_default=True, help="Port on 127.0.0.1.")
@click.option(
    "--fault",
    "faults",
    metavar="NAME[=VALUE]",
    multiple=True,
    help="Make it misbehave as Zoho may; repeatable. The names are below.",
)
def sandbox(data: Path | None, port: int, faults: tuple[str, ...]) -> None:
    """Serve the stand-in for Zoho CRM and Twilio until Ctrl-C."""
    stand_in.serve(configuration.load().home, port, data, faults)


@cli.command()
@click.option(
    "--measure-model", is_flag=True, help="Measure what the model may choose; minutes on a CPU."
)
def doctor(measure_model: bool) -> None:
    """Check each dependency: whether it is well, what is wrong, and what to do.

    Exit status 1 only if the daily job could not run.
    """
    from aha_pipeline.commands.doctor import doctor as run_doctor

    sys.exit(0 if run_doctor(_console(), measure_model=measure_model) else 1)


@cli.command(cls=WithScopes)
@click.option("--code", help="The code of the self client; by default it is asked for.")
def login(code: str | None) -> None:
    """Turn a self client's code into a refresh token, and write it to .env.

    A token that cannot read all it must is refused, and nothing is written.
    """
    from aha_pipeline.commands.login import login as run_login

    run_login(_console(), code)


@cli.command()
@click.option("--modules", type=Modules(), help="Only these of ZOHO_MODULES.")
def reconcile(modules: tuple[str, ...] | None) -> None:
    """Compare every record with Zoho, heal what differs, and certify each module."""
    from aha_pipeline.commands.reconcile import reconcile as run_reconcile

    sys.exit(0 if run_reconcile(_console(), modules) else 1)


@cli.command()
@click.option("--phone", help="Their telephone number, in any notation.")
@click.option("--email", help="Their e-mail address, in any case.")
@click.option("--id", "id_", help="The id of one of their records.")
@click.option("--proposed", is_flag=True, help="Everybody whom Zoho proposes to erase.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(
    phone: str | None, email: str | None, id_: str | None, proposed: bool, yes: bool
) -> None:
    """Erase a person's data from everything kept here; the figures stay.

    Shows what it will erase and asks. Without an option: finishes what was begun, and lists what
    was erased and whom Zoho proposes.
    """
    from aha_pipeline.commands.forget import forget as run_forget

    given = {"phone": phone, "email": email, "id": id_}
    asked = [(kind, text) for kind, text in given.items() if text is not None]
    if len(asked) + proposed > 1:
        raise click.UsageError("Give one of --phone, --email, --id and --proposed.")
    run_forget(_console(), asked[0] if asked else None, proposed=proposed, is_agreed=yes)


@cli.command()
def migrate() -> None:
    """Bring the database's schema up to date, and Dagster's with it."""
    from aha_pipeline import local
    from aha_pipeline.instance import home
    from aha_pipeline.warehouse.migrate import migrate as apply

    settings = local.with_database(configuration.load())
    applied = apply(settings.session_url)
    home.prepare(settings)
    home.make_tables(settings.session_url)
    click.echo("\n".join(f"applied {name}" for name in applied) or "The schema is up to date.")


@cli.command()
@click.argument("action", type=click.Choice(["install", "status", "uninstall"]))
@click.option("--system", is_flag=True, help="For the machine, as root; otherwise for this user.")
def service(action: str, system: bool) -> None:
    """Let systemd or launchd keep `aha up` running, with the settings of this folder."""
    from aha_pipeline.commands import service as manager

    if action == "status":
        sys.exit(manager.status(is_system=system))
    act = manager.install if action == "install" else manager.uninstall
    act(_console(), is_system=system)


@cli.command("exec", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED)
def execute(arguments: tuple[str, ...]) -> None:
    """Run one service of a deployment, such as `aha exec dagster-daemon run -w workspace.yaml`."""
    from aha_pipeline.commands.execute import execute as become

    become(arguments)


def main() -> None:
    """Run the command line; every expected error becomes one sentence on standard error."""
    _open_standard_streams()
    interrupts.listen()
    try:
        status = cli.main(standalone_mode=False)
    except click.ClickException as error:
        status = _fail(error.format_message())
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped. The next run carries on from here.", err=True)
        status = INTERRUPTED
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        status = _fail(sentence)
    sys.exit(status)


def _open_standard_streams() -> None:
    """Let a stream that the shell has closed (`>&-`) lead nowhere.

    The next file or socket would take its number, and get what a child prints.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _console() -> Console:
    """Return a console that prints names from outside as they are, brackets included."""
    return Console(markup=False, emoji=False)


def _sentence(error: Exception) -> str | None:
    """Return what an expected error says, also where Dagster or SQLAlchemy wrapped it."""
    expected = (one for one in errors.chain(error) if isinstance(one, EXPECTED))
    found = next(expected, None)
    is_of_database = errors.find(error) or isinstance(found, DatabaseUnreachable)
    if is_of_database and (full := _full_disk()):
        return full
    return errors.meaning(error) if found is None else str(found)


def _full_disk() -> str | None:
    """Return what ended the embedded server, where that is its full disk."""
    try:
        data = configuration.load().home / "postgres"
    except SettingsError:
        return None
    return refusals.of_full_disk(data)


def _fail(sentence: str) -> int:
    click.echo(f"aha: {sentence}", err=True)
    return 1
