"""A daily sync that ends as it is told, and the sensor that tells of one that failed."""

import dagster as dg
import pytest

from aha_pipeline import services
from aha_pipeline.automation.alerts import alert_on_failure


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
