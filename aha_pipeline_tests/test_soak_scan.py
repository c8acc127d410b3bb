"""The soak's search for secrets finds one in each form in which it might get out."""

import base64

import pytest

from benchmarks.soak.scan import Scan

SECRET = "p/w+8 of the database"


@pytest.mark.parametrize(
    "text",
    [
        f"cannot connect with {SECRET}.",
        "postgresql://aha:p%2Fw%2B8%20of%20the%20database@host/aha",
        f"Basic {base64.b64encode(SECRET.encode()).decode()}",
        f"\\x{SECRET.encode().hex()}",
    ],
)
def test_a_secret_is_found_and_only_its_name_is_told(text):
    scan = Scan({"password": SECRET, "token": "1000.abc.def"})
    scan.look("files", [("daemon.log", "well"), ("code.log", text)])
    assert scan.found == {("password", "files: code.log")}
    assert scan.looked["files"] == [2, len("well") + len(text)]


def test_what_is_no_secret_is_not_found():
    scan = Scan({"token": "1000.abc.def"})
    scan.look("rows", [("crm.leads_raw", "1000.abcXdef")])  # the dots are dots
    assert not scan.found
