"""What the Dagster UI and the dashboard give a browser: pages, answers, web socket frames."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from aha_pipeline_tests.kit.browser import STILL
from benchmarks.soak.services import Services

TABS = (
    "Overview",
    "Lead Intelligence",
    "Deal Pipeline",
    "Contacts & Accounts",
    "AI & System Health",
)
DAGSTER = (
    "/overview/activity/timeline",
    "/runs",
    "/assets",
    "/asset-groups",
    "/automation",
    "/locations",
    "/health",
    "/config",
    "/assets/analytics/ai_briefing?view=events",
    "/assets/crm/leads_raw?view=events",
    "/assets/crm/leads_raw?view=checks",
    "/locations/aha_pipeline/jobs/daily_sync",
    "/locations/aha_pipeline/jobs/send_whatsapp",
    "/locations/aha_pipeline/jobs/reconcile",
    "/locations/aha_pipeline/sensors/alert_on_failure",
    "/locations/aha_pipeline/schedules/daily_sync",
)
MILLISECONDS = 120_000
SETTLE_MILLISECONDS = 2_500  # the Dagster UI never comes to rest: it asks all the time
OF_THE_PROGRAM = {"script", "stylesheet", "font", "image"}

Seen = tuple[str, str]


def dashboard(opened: Any, services: Services) -> Iterator[Seen]:
    """Log in and open each tab; yield where each text was seen, and the text.

    Text is the page itself and whatever the server sent for it, frames of the web socket too.
    """
    with _listening(opened) as (page, heard):
        page.goto(services.dashboard)
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("button", name="Log out").wait_for()
        for tab in TABS:
            page.get_by_role("tab", name=tab).click()
            page.wait_for_timeout(500)
            page.wait_for_function(STILL)
            yield f"dashboard, tab {tab}", page.content()
        yield from heard()


def dagster(opened: Any, services: Services, run_ids: list[str], *further: str) -> Iterator[Seen]:
    """Open the pages of the Dagster UI, and those of some runs; yield as `dashboard` does."""
    with _listening(opened) as (page, heard):
        for path in (*DAGSTER, *further, *(f"/runs/{run_id}" for run_id in run_ids)):
            page.goto(services.ui + path)
            page.wait_for_timeout(SETTLE_MILLISECONDS)
            yield f"Dagster UI, {path}", page.content()
        yield from heard()


@contextmanager
def _listening(opened: Any) -> Iterator[Any]:
    """Yield a page of a browser's own session, and a function that yields what it was sent."""
    context = opened.new_context(locale="en-IN", viewport={"width": 1366, "height": 3000})
    context.set_default_timeout(MILLISECONDS)
    page = context.new_page()
    answers: list[Any] = []
    frames: list[Seen] = []
    page.on("response", lambda answer: answers.append(answer))
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda data: frames.append(_frame(socket, data))),
    )

    def heard() -> Iterator[Seen]:
        for answer in answers:
            if answer.request.resource_type not in OF_THE_PROGRAM:
                yield f"headers of {answer.url}", repr(answer.all_headers())
                with suppress(Exception):  # the browser keeps no body of a redirect
                    yield f"answer of {answer.url}", answer.text()
        yield from frames

    yield page, heard
    context.close()


def _frame(socket: Any, data: str | bytes) -> Seen:
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    return f"web socket {socket.url}", text
