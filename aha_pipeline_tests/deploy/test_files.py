"""The files of `deploy/`: what they start exists, and both say the same of failed runs."""

import json
import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from dagster import DagsterInstance, DagsterInvalidConfigError
from dagster._config import process_config
from dagster._core.instance.config import PoolGranularity

from aha_pipeline.commands.execute import execute
from aha_pipeline.doctor.database import dashboard
from aha_pipeline.instance import home
from aha_pipeline.settings import SettingsError, load
from aha_pipeline.warehouse.connection import connect

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


@pytest.fixture
def values() -> dict:
    return yaml.safe_load((DEPLOY / "helm-values.yaml").read_text())


def snake(value):
    """Return names as Dagster has them, from those of its Helm chart."""
    if not isinstance(value, dict):
        return value
    return {
        re.sub("[A-Z]", lambda m: f"_{m[0].lower()}", key): snake(v) for key, v in value.items()
    }


def test_every_service_of_the_compose_file_runs_a_program_that_is_installed():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    ours = {n: s for n, s in compose["services"].items() if s.get("image") == "aha-pipeline"}
    assert set(ours) == {"code", "webserver", "daemon", "dashboard"}
    for service in ours.values():
        assert shutil.which(service["command"][0], path=str(Path(sys.executable).parent))
        assert service["cap_drop"] == ["ALL"]
        assert service["mem_limit"]


def test_what_is_published_is_published_on_loopback_and_dagster_only_behind_a_login():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    published = {name: s["ports"] for name, s in services.items() if "ports" in s}
    assert set(published) == {"login", "dashboard"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    assert services["login"]["environment"]["OAUTH2_PROXY_UPSTREAMS"] == "http://webserver:3000"


def test_each_service_is_given_the_secrets_that_it_uses_and_no_other():
    """Only the code reads Zoho and sends; the dashboard owns nothing, not even in the database."""
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert [name for name, service in services.items() if "env_file" in service] == ["code"]
    told = {name: str(service["environment"]) for name, service in services.items()}
    assert [name for name in told if "POSTGRES_PASSWORD" in told[name]] == [
        "postgres", "code", "webserver", "daemon",
    ]  # fmt: skip
    assert not [name for name in told if "TWILIO" in told[name] or "ZOHO_CLIENT" in told[name]]
    assert "//aha_dashboard:" in told["dashboard"]
    assert services["dashboard"]["entrypoint"] == []  # `aha exec` brings the schema up to date


@pytest.mark.parametrize("where", ["deploy/workspace.yaml", "workspace.yaml", None])
def test_what_leaves_the_graph_to_a_server_needs_no_secret_of_zoho(
    monkeypatch, database_url, where
):
    monkeypatch.setenv("DATABASE_URL", database_url)
    for name in ("DAGSTER_HOME", "DAGSTER_POSTGRES_URL", "DAGSTER_EVENT_BATCH_SIZE"):
        monkeypatch.setenv(name, "")
    files = ["-w", str(DEPLOY.parent / where)] if where else []
    wanted = "cannot be run" if where == "deploy/workspace.yaml" else "ZOHO_ settings must be set"
    with pytest.raises(SettingsError, match=wanted):
        execute(["no-such-program", *files])


def test_the_database_of_the_compose_file_makes_a_login_that_may_only_read(
    monkeypatch, database_url
):
    (statements,) = re.findall(
        r"<<'SQL'\n(.*)\nSQL", (DEPLOY / "dashboard_login.sh").read_text(), re.DOTALL
    )
    role = "aha_test_compose"
    made = statements.split("\\gexec")[1].replace("aha_dashboard", role)
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute(made.replace(":'password'", "%s"), ["it's secret"])
    monkeypatch.setenv("DATABASE_URL", database_url)
    login = database_url.replace("//postgres@", f"//{role}@")
    monkeypatch.setenv("AHA_DASHBOARD_DATABASE_URL", login)
    finding = dashboard(load())
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute(f"drop role {role}")
    assert finding.verdict == "ok", finding


def test_kubernetes_own_models_take_the_manifest_to_the_last_key():
    from kubernetes.client import ApiClient  # here: every process that collects would pay it

    client = ApiClient()
    for given in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()):
        answer = SimpleNamespace(data=json.dumps(given))
        taken = client.deserialize(answer, f"V1{given['kind']}")
        assert client.sanitize_for_serialization(taken) == given


def test_the_workspace_names_the_service_and_port_of_the_code():
    workspace = yaml.safe_load((DEPLOY / "workspace.yaml").read_text())
    server = workspace["load_from"][0]["grpc_server"]
    command = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["code"]["command"]
    assert server["host"] == "code"
    assert command[command.index("-p") + 1] == str(server["port"])


def test_the_image_is_made_of_files_that_exist_and_holds_no_settings():
    root = DEPLOY.parent
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = [name for line in lines if line.startswith("COPY") for name in line.split()[1:-1]]
    assert copied
    assert all((root / name).exists() for name in copied)
    assert not {".", ".env", "./"} & set(copied)


def test_kubernetes_retries_and_watches_runs_as_one_machine_does(values):
    instance = yaml.safe_load(home.CONFIGURATION.read_text())
    daemon = snake(values["dagsterDaemon"])
    assert daemon["run_retries"] == instance["run_retries"]
    slower = {"start_timeout_seconds", "max_resume_run_attempts"}  # a pod has to be scheduled
    watched = {k: v for k, v in daemon["run_monitoring"].items() if k not in slower}
    assert watched == {k: v for k, v in instance["run_monitoring"].items() if k not in slower}
    queue = values["dagsterDaemon"]["runCoordinator"]["config"]["queuedRunCoordinator"]
    runs, pools = instance["concurrency"]["runs"], instance["concurrency"]["pools"]
    assert queue["maxConcurrentRuns"] == runs["max_concurrent_runs"]
    limit = values["additionalInstanceConfig"]["concurrency"]["default_op_concurrency_limit"]
    assert limit == pools["default_limit"]
    assert snake(values["retention"]) == {"enabled": True, **instance["retention"]}


def test_dagsters_launcher_accepts_the_configuration_of_a_run(values):
    from dagster_k8s.launcher import K8sRunLauncher

    given = dict(values["runLauncher"]["config"]["k8sRunLauncher"])
    config = {
        "service_account_name": "aha",
        "instance_config_map": "aha-instance",
        "dagster_home": "/opt/dagster",
        "image_pull_policy": given["imagePullPolicy"],
        "env_secrets": [secret["name"] for secret in given["envSecrets"]],
        "run_k8s_config": snake(given["runK8sConfig"]),
    }
    assert process_config(K8sRunLauncher.config_type(), config).success


def rendered(values: dict) -> dict:
    """Return the dagster.yaml that the chart's `configmap-instance.yaml` makes of its values.

    The keys of its blocks are Dagster's in camel case; what the values leave out is the chart's.
    """
    daemon = snake(values["dagsterDaemon"])
    coordinator = daemon["run_coordinator"]
    return {
        "run_coordinator": {
            "module": "dagster._core.run_coordinator",
            "class": coordinator["type"],
            "config": coordinator["config"]["queued_run_coordinator"],
        },
        "run_monitoring": daemon["run_monitoring"],
        "run_retries": daemon["run_retries"],
        "telemetry": values["telemetry"],
        "retention": {k: v for k, v in snake(values["retention"]).items() if k != "enabled"},
        **values["additionalInstanceConfig"],
    }


def test_dagsters_own_loader_takes_what_the_chart_makes_of_the_values(values, tmp_path):
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(rendered(values)))
    with DagsterInstance.from_config(str(tmp_path)) as instance:
        queue = instance.get_concurrency_config()
        assert queue.run_queue_config.max_concurrent_runs == 4
        assert queue.pool_config.default_pool_limit == 1
        assert queue.pool_config.pool_granularity in (None, PoolGranularity.OP)


def test_dagsters_own_loader_refuses_the_chart_s_limit_beside_ours(values, tmp_path):
    both = rendered(values) | {"concurrency": {"runs": {"max_concurrent_runs": 4}}}
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(both))
    with pytest.raises(DagsterInvalidConfigError, match="incompatible"):
        DagsterInstance.from_config(str(tmp_path))


def test_kubernetes_asks_for_an_encrypted_connection_to_a_known_server(values):
    assert values["postgresql"]["postgresqlParams"]["sslmode"] == "verify-full"


def test_the_image_installs_what_runs_at_the_developers_versions_and_none_of_their_tools():
    locked, runtime = (
        dict(
            re.findall(
                r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)", (DEPLOY.parent / name).read_text(), re.M
            )
        )
        for name in ("requirements.lock", "requirements.runtime.lock")
    )
    assert runtime.items() <= locked.items()
    assert {"dagster", "streamlit", "psycopg2-binary", "dagster-k8s"} <= runtime.keys()
    tools = {
        "pytest",
        "playwright",
        "ruff",
        "pip-audit",
        "hypothesis",
        "mypy",
        "uv",
        "linkify-it-py",
    }
    assert not tools & runtime.keys()
    assert "-r requirements.runtime.lock" in (DEPLOY / "Dockerfile").read_text()
