"""Zoho's data centres: which accounts server makes the tokens of which API server.

Source: Zoho CRM API, "multi DC", and the official SDKs' lists, read in November 2026.
"""

from urllib.parse import urlsplit

ACCOUNTS = {
    "www.zohoapis.com": "https://accounts.zoho.com",
    "www.zohoapis.eu": "https://accounts.zoho.eu",
    "www.zohoapis.in": "https://accounts.zoho.in",
    "www.zohoapis.com.au": "https://accounts.zoho.com.au",
    "www.zohoapis.jp": "https://accounts.zoho.jp",
    "www.zohoapis.com.cn": "https://accounts.zoho.com.cn",
    "www.zohoapis.ca": "https://accounts.zohocloud.ca",
    "www.zohoapis.sa": "https://accounts.zoho.sa",
}


def accounts_of(api_url: str) -> str | None:
    """Return the accounts server of an API server's data centre; None for one not listed."""
    host = urlsplit(api_url).hostname or ""
    # A developer's or sandbox organisation has a host of its own in the same data centre.
    _, _, centre = host.partition(".")
    return ACCOUNTS.get(f"www.{centre}")


def console_of(accounts_url: str) -> str:
    """Return the address at which a self client is made, for an accounts server."""
    parts = urlsplit(accounts_url)
    if not (parts.hostname or "").startswith("accounts."):
        return f"{accounts_url}/console"  # the stand-in's
    return f"https://api-console.{parts.hostname.removeprefix('accounts.')}"
