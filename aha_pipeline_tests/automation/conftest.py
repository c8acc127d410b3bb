"""A daily sync that ends as it is told, and sensors that look at what became of it."""

from collections.abc import Callable

import dagster as dg
import pytest

from aha_pipeline import services
from aha_pipeline.automation.alerts import alert_on_failure
from aha_pipeline.definitions import defs


@pytest.fixture
def looking(instance):
    """Return what lets a sensor look again and again; it remembers what it saw."""

    def of(sensor: dg.SensorDefinition) -> Callable[[], str]:
        cursor = None

        def look() -> str:
            nonlocal cursor
            context = dg.build_sensor_context(
                instance=instance,
                cursor=cursor,
                resources={"services": services.current()},
                repository_def=defs().get_repository_def(),
            )
            answer = sensor(context)
            cursor = context.cursor
            return answer.run_key if isinstance(answer, dg.RunRequest) else answer.skip_message

        return look

    return of


@pytest.fixture
def sync(instance):
    """Run something of the name of the daily sync, which ends as it is told."""

    def run(error: Exception | None = None, **tags: str) -> dg.ExecuteInProcessResult:
        @dg.op(name="crm__leads_raw")
        def read() -> None:
            if error:
                raise error

        @dg.job(name="daily_sync", tags=tags)
        def job() -> None:
            read()

        return job.execute_in_process(instance=instance, raise_on_error=False)

    return run


@pytest.fixture
def notice(instance):
    """Let the failure sensor see a failed run."""

    def see(result: dg.ExecuteInProcessResult) -> str:
        (failure,) = (e for e in result.all_events if e.is_run_failure)
        context = dg.build_run_status_sensor_context(
            sensor_name="alert_on_failure",
            dagster_event=failure,
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            resources={"services": services.current()},
        ).for_run_failure()
        return alert_on_failure(context).skip_message

    return see
