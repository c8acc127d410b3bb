"""docs/troubleshoot.md quotes what the product really says, and tells of each error there is."""

import re

import pytest

from aha_pipeline.crm import access_token, grant_code
from aha_pipeline.delivery.channels.whatsapp import error_codes
from aha_pipeline_tests.docs.sentences import is_in, printed, raised
from aha_pipeline_tests.kit.pages import ROOT, read_page

PAGE = read_page(ROOT / "docs" / "troubleshoot.md")
QUOTED = [quote for row in PAGE.rows() for quote in re.findall(r"`([^`]+)`", row[0])]
ERRORS = frozenset({
    "SettingsError", "DatabaseUnreachable", "WrongOrganisation", "UserFileError",
    "ZohoUnavailable", "TransientFault", "CreditsSpent", "TokenRefused", "ModuleUnreadable",
    "ZohoRefused", "ListLimitReached", "DeliveryError", "NoFigures", "NoEntry",
    "NotBuilt", "MartError", "CheckError", "SchemaIsNewer", "RelationInUse",
})  # fmt: skip
FAULT_OF_THE_PROGRAM = {"… is filled by day: give its first and last day."}


@pytest.fixture(scope="module")
def said() -> list[str]:
    return printed()


@pytest.fixture(scope="module")
def errors() -> list[tuple[str, str]]:
    """Where each error is made, and its text."""
    rooms = (access_token, grant_code)
    return [
        *raised(ERRORS),
        *(("Twilio", text) for codes in error_codes().values() for text in codes.values()),
        *(("token", text) for room in rooms for text in room.ADVICE_BY_ERROR.values()),
    ]


def test_each_quoted_sentence_is_one_that_the_source_prints(said):
    invented = [quote for quote in QUOTED if not any(is_in(quote, text) for text in said)]
    assert invented == []


def test_each_error_is_told_of(errors):
    untold = [
        (where, text)
        for where, text in errors
        if text not in FAULT_OF_THE_PROGRAM and not any(is_in(quote, text) for quote in QUOTED)
    ]
    assert untold == []


def test_there_are_as_many_as_a_reader_would_expect(errors):
    assert len(QUOTED) > 90
    assert len(errors) > 80


def test_a_reworded_sentence_is_found_out(said):
    assert not any(is_in("The database refuses a connection", text) for text in said)
