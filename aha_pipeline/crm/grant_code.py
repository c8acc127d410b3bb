"""Exchange the grant code of a self client for a refresh token.

Source: Zoho accounts documentation, "self client authorization code flow": a code works
once, within three to ten minutes, and no redirect address is sent.
"""

from dataclasses import dataclass, field

from aha_pipeline.crm.access_token import request_token
from aha_pipeline.crm.errors import TokenRefused

ADVICE_BY_ERROR = {
    "invalid_code": "it was used before, has expired, or was made for another client or in another "
    "data centre: make a new one, and check ZOHO_ACCOUNTS_URL",
    "invalid_client": "the client id or secret is wrong, or of another data centre: "
    "check ZOHO_CLIENT_ID, ZOHO_CLIENT_SECRET and ZOHO_ACCOUNTS_URL",
    "access_denied": "too many codes were made in ten minutes: wait ten minutes, then make one",
}


@dataclass(frozen=True)
class Grant:
    """A refresh token, which lives until it is revoked, and the API server it is for."""

    refresh_token: str = field(repr=False)
    api_domain: str | None


def exchange_code(accounts_url: str, client_id: str, client_secret: str, code: str) -> Grant:
    """Return the refresh token for a grant code. Raises TokenRefused and ZohoUnavailable."""
    response = request_token(
        accounts_url,
        {
            "grant_type": "authorization_code",
            "client_id": client_id,
            "client_secret": client_secret,
            "code": code,
        },
        what="token for the code",
        advice=ADVICE_BY_ERROR,
    )
    refresh_token = response.get("refresh_token")
    if not isinstance(refresh_token, str) or not refresh_token:
        raise TokenRefused(
            "Zoho gave no refresh token for the code: make it in a self client, not in a client "
            "of another kind."
        )
    return Grant(refresh_token, response.get("api_domain"))
