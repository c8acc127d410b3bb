"""Faults as they are named on the command line."""

from dataclasses import fields

import pytest
from click.testing import CliRunner

from aha_pipeline.cli import cli
from zoho_sandbox.errors import SandboxError
from zoho_sandbox.faults.rehearsal import FORMS, rows, switches
from zoho_sandbox.faults.switches import Churn, Switches


def test_every_switch_can_be_thrown_and_every_example_does() -> None:
    assert set(FORMS) == {field.name for field in fields(Switches)}
    for written, _ in rows():
        name, is_valued, value = written.partition("=")
        for choice in value.split("|"):
            switches([f"{name}={choice}" if is_valued else name])


def test_faults_add_up() -> None:
    thrown = switches(
        [
            "strict_since",
            "fault_rate=0.05",
            "faults=500,html",
            "page_cap=2000",
            "tie_order=random",
            "churn=6,4",
            "empty_status=204",
            "hidden=Leads.Phone,Leads.Email,Deals.Amount",
            "unreadable=Deals",
            "coql=false",
            "zone=Europe/Berlin",
        ]
    )
    assert thrown == Switches(
        strict_since=True,
        fault_rate=0.05,
        faults=("500", "html"),
        page_cap=2000,
        tie_order="random",
        churn=Churn(edits=6, deletes=4),
        empty_status=204,
        hidden={"Leads": {"Phone", "Email"}, "Deals": {"Amount"}},
        unreadable={"Deals"},
        coql=False,
        zone="Europe/Berlin",
    )
    assert switches([]) == Switches()
    assert switches(["churn=1,2,3,4"]).churn == Churn(edits=1, deletes=2, creates=3, converts=4)


def test_bare_name_throws_a_switch_that_is_on_by_default() -> None:
    assert switches(["coql", "conversion_bumps"]) == Switches(coql=False, conversion_bumps=False)


def test_unknown_fault_is_one_sentence_with_the_names() -> None:
    with pytest.raises(SandboxError, match=r"--fault strict is not known: name one of latency, "):
        switches(["strict"])


@pytest.mark.parametrize(
    "fault",
    [
        "page_cap",
        "page_cap=many",
        "page_cap=-1",
        "fault_rate=2",
        "fault_rate=nan",
        "faults=500,boredom",
        "tie_order=up",
        "empty_status=200",
        "strict_since=perhaps",
        "churn=",
        "churn=a,b",
        "churn=1,2,3,4,5",
        "hidden=Leads",
        "unreadable=",
        "zone=Middle-earth",
        "twilio_faults=",
        "twilio_faults=ok,boredom",
    ],
)
def test_wrong_value_is_one_sentence_with_an_example(fault: str) -> None:
    name = fault.partition("=")[0]
    with pytest.raises(SandboxError, match=rf"^--fault {name}=.*: write it like {name}=\S"):
        switches([fault])


def test_help_of_the_command_lists_them_all() -> None:
    text = CliRunner().invoke(cli, ["sandbox", "--help"]).output
    assert all(name in text for name in FORMS)


def test_command_refuses_a_wrong_fault_before_it_serves() -> None:
    result = CliRunner().invoke(cli, ["sandbox", "--fault", "nonsense"])
    assert isinstance(result.exception, SandboxError)
