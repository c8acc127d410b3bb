"""Which organisation a connection reads."""

from dataclasses import dataclass

from aha_pipeline.crm.client import FIRST_ATTEMPTS, ZohoClient
from aha_pipeline.crm.errors import ZohoRefused


@dataclass(frozen=True)
class Organisation:
    """Zoho's id of an organisation, and its name."""

    id: str
    name: str


def read_organisation(client: ZohoClient) -> Organisation:
    """Return the organisation of the token. Raises ZohoError."""
    response = client.get("org", attempts=FIRST_ATTEMPTS)
    rows = response.json().get("org") if response is not None else None
    if not rows:
        raise ZohoRefused(
            "Zoho did not say which organisation this is: grant the scope ZohoCRM.org.READ."
        )
    return Organisation(str(rows[0]["id"]), str(rows[0].get("company_name") or rows[0]["id"]))
