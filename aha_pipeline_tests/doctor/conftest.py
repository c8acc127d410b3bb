"""An installation in which everything is well, so that a fault stands out."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aha_pipeline import services
from aha_pipeline.crm.permissions import SCOPES
from aha_pipeline_tests.briefing.ollama_stand_in import Ollama, running
from aha_pipeline_tests.doctor.findings import NUMBER, READER
from zoho_sandbox.server import Sandbox


@pytest.fixture
def ollama() -> Iterator[Ollama]:
    with running() as started:
        yield started


@pytest.fixture
def well(
    connected: Sandbox, ollama: Ollama, monkeypatch: pytest.MonkeyPatch, granted: Callable
) -> Sandbox:
    """Zoho, Twilio and Ollama at their best, the database migrated, `.env` private."""
    settings = {
        "OLLAMA_BASE_URL": ollama.url,
        "ZOHO_REFRESH_TOKEN": granted(*SCOPES),
        "ZOHO_MODULES": "Leads,Deals",
        "TWILIO_API_URL": connected.url,
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "secret-of-twilio",
        "TWILIO_WHATSAPP_NUMBER": NUMBER,
        "TARGET_WHATSAPP_NUMBER": READER,
        "TWILIO_CONTENT_SID": "HX" + "1" * 32,
        "TWILIO_ALERT_CONTENT_SID": "HX" + "2" * 32,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    connected.switches.twilio_senders = {NUMBER}
    for name in ("DAGSTER_HOME", "DAGSTER_POSTGRES_URL", "DAGSTER_EVENT_BATCH_SIZE"):
        monkeypatch.setenv(name, "")
    Path(".env").touch(0o600)
    services.current().zoho()
    return connected


@pytest.fixture
def granted(connected: Sandbox) -> Callable[..., str]:
    """Return a refresh token with these scopes."""

    def make(*scopes: str) -> str:
        return connected.grants.redeem(connected.grants.code(list(scopes)), "id-of-client")

    return make
