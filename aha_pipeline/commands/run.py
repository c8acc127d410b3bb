"""Run a job of the graph in this process, as a Dagster run that the UI shows."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from aha_pipeline import memory, services
from aha_pipeline.instance import home
from aha_pipeline.warehouse import errors

if TYPE_CHECKING:
    from dagster import AssetSelection, DagsterInstance

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
# A person is waiting at the terminal: the daemon should not take a failed run up again.
NO_RETRY = {"dagster/max_retries": "0"}


@dataclass(frozen=True)
class Outcome:
    """How a run ended. `failures` are (step, sentence); `metadata` is by asset name."""

    run_id: str
    success: bool
    failures: tuple[tuple[str, str], ...]
    metadata: dict[str, dict[str, Any]]


def run_job(
    name: str,
    run_id: str,
    *,
    tags: dict[str, str] | None = None,
    selection: Callable[[], "AssetSelection"] | None = None,
    config: dict[str, Any] | None = None,
) -> Outcome:
    """Run job `name`, or the assets of it that `selection` chooses, and return how it ended.

    Raises KeyboardInterrupt, once the run is closed, when Ctrl-C, SIGTERM or SIGHUP stopped it.
    """
    # Imported here: Dagster takes seconds to import, which a mistake in the settings should not.
    with ExitStack() as kept:
        with memory.loading():
            from aha_pipeline.definitions import defs

            definitions = defs()
            job = definitions.resolve_job_def(name)
            keys = None
            if selection is not None:
                chosen = selection().resolve(definitions.resolve_asset_graph())
                # All of them is the job itself: Dagster would make another, and describe both.
                keys = None if chosen >= job.asset_layer.selected_asset_keys else sorted(chosen)
            kept.enter_context(services.current().keep_connection())
            instance = kept.enter_context(home.open_instance())
        result = job.execute_in_process(
            instance=instance,
            run_id=run_id,
            tags={**(tags or {}), **home.process_tag(), **NO_RETRY},
            asset_selection=keys,
            run_config={**(config or {}), **QUIET},
            raise_on_error=False,
        )
        if any(_is_interrupt(event) for event in result.all_events):
            raise KeyboardInterrupt
        failures = _failures(result)
        if not result.success and not failures:
            failures = ((name, _reason_of_run(instance, run_id)),)
    return Outcome(run_id, result.success, failures, _metadata(result))


def sync_days(
    run_id: str, first: date, last: date, modules: Sequence[str], *, with_briefing: bool
) -> Outcome:
    """Run `daily_sync` over the days `first` to `last`, without the modules not named."""
    from aha_pipeline.assets.partitions import range_tags

    def selection() -> "AssetSelection":
        from dagster import AssetSelection

        from aha_pipeline.assets.briefing import BRIEFING_KEY
        from aha_pipeline.assets.modules import GROUP, module_key
        from aha_pipeline.assets.picklist_meaning import KEY
        from aha_pipeline.assets.record_emails import KEY as EMAILS_KEY
        from aha_pipeline.assets.record_history import KEY as HISTORY_KEY

        chosen = AssetSelection.assets(
            KEY, EMAILS_KEY, HISTORY_KEY, *(module_key(module) for module in modules)
        )
        wanted = AssetSelection.all() - (AssetSelection.key_prefixes(GROUP) - chosen)
        left_out = AssetSelection.assets(BRIEFING_KEY, EMAILS_KEY, HISTORY_KEY)
        return wanted if with_briefing else wanted - left_out

    return run_job("daily_sync", run_id, tags=range_tags(first, last), selection=selection)


def refresh_marts(run_id: str) -> Outcome:
    """Recompute meanings and figures, without reading Zoho and without a briefing."""
    from aha_pipeline.assets.partitions import range_tags
    from aha_pipeline.calendar import today
    from aha_pipeline.settings import load

    day = today(load())
    return run_job("daily_sync", run_id, tags=range_tags(day, day), selection=figures)


def figures() -> "AssetSelection":
    """Return the assets computed from the records: meanings, and all of analytics but briefings.

    By their keys: groups only arrange them in the UI, and may change.
    """
    from dagster import AssetSelection

    from aha_pipeline.assets.briefing import BRIEFING_KEY
    from aha_pipeline.assets.marts import PREFIX
    from aha_pipeline.assets.picklist_meaning import KEY

    analytics = AssetSelection.key_prefixes(PREFIX) - AssetSelection.assets(BRIEFING_KEY)
    return analytics | AssetSelection.assets(KEY)


def _is_interrupt(event: Any) -> bool:
    """Return whether an event is an interrupt, during a step or between two."""
    from dagster._core.events import RunFailureReason
    from dagster._core.execution.plan.objects import ErrorSource

    if event.is_step_failure:
        return event.step_failure_data.error_source is ErrorSource.INTERRUPT
    return (
        event.is_run_failure
        and event.job_failure_data.failure_reason is RunFailureReason.UNEXPECTED_TERMINATION
    )


def _failures(result: Any) -> tuple[tuple[str, str], ...]:
    failed = [event for event in result.all_events if event.is_step_failure]
    checked = _failed_checks(result)
    return tuple(
        (event.step_key, checked.get(event.step_key) or _sentence(event.step_failure_data))
        for event in failed
    )


def _reason_of_run(instance: "DagsterInstance", run_id: str) -> str:
    """Return why a run is failed of which no step is: by an error between steps, or by another."""
    from dagster import DagsterEventType

    ends = instance.all_logs(run_id, of_type=DagsterEventType.RUN_FAILURE)
    event = ends[-1].dagster_event if ends else None
    if event is None:
        return "Another process has ended the run: give the command again."
    error = event.job_failure_data.error
    return _meaning(error) if error else f"{event.message} Give the command again."


def _failed_checks(result: Any) -> dict[str, str]:
    """Return what each step's failed check says; Dagster's own failure only names the check."""
    return {
        event.step_key: event.asset_check_evaluation_data.description
        for event in result.all_events
        if event.event_type_value == "ASSET_CHECK_EVALUATION"
        and not event.asset_check_evaluation_data.passed
    }


def _sentence(failure: Any) -> str:
    """Return the reason at the bottom of a failure, in one line, without the traceback."""
    if failure.user_failure_data and failure.user_failure_data.description:
        return str(failure.user_failure_data.description)
    return _meaning(failure.error)


def _meaning(error: Any) -> str:
    """Return what the error at the bottom of another means."""
    while error.cause:
        error = error.cause
    said = errors.meaning_of(error.cls_name, error.message)
    return said or " ".join(error.message.split())


def _metadata(result: Any) -> dict[str, dict[str, Any]]:
    """Return each asset's newest metadata as plain values."""
    return {
        event.asset_key.path[-1]: {
            name: value.value for name, value in event.materialization.metadata.items()
        }
        for event in result.all_events
        if event.is_step_materialization
    }
