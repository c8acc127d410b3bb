"""A client of the stand-in, and records to serve."""

from collections.abc import Callable
from pathlib import Path

import requests

from aha_pipeline_tests.kit.waiting import LONGEST

WriteModule = Callable[[str, list[dict | bytes]], Path]


class Client(requests.Session):
    """A session that knows the server's address and carries an access token."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.trust_env = False

    def request(self, method: str, path: str, **options: object) -> requests.Response:
        return super().request(method, self.url + path, timeout=LONGEST, **options)

    def token(self, **fields: str) -> requests.Response:
        form = {"grant_type": "refresh_token", "client_id": "1000.ID", "client_secret": "s"}
        return self.post("/oauth/v2/token", data=form | {"refresh_token": "1000.r"} | fields)

    def sign_in(self) -> "Client":
        self.headers["Authorization"] = "Zoho-oauthtoken " + self.token().json()["access_token"]
        return self

    def walk(self, path: str, **params: object) -> list[dict]:
        """All rows of a list call, page by page."""
        rows, page = [], 1
        while True:
            answer = self.get(path, params=params | {"page": page})
            if answer.status_code == 204:
                return rows
            rows += answer.json()["data"]
            if not answer.json()["info"]["more_records"]:
                return rows
            page += 1


def lead(number: int, modified: str = "2026-01-01T10:00:00+05:30", **fields: object) -> dict:
    return {
        "id": f"61000000000{number:04d}",
        "Last_Name": f"Lead {number}",
        "Created_Time": "2026-01-01T09:00:00+05:30",
        "Modified_Time": modified,
        "$converted": False,
        **fields,
    }
