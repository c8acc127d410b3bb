"""Zoho's data centres: which accounts server issues the tokens of which API server.

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
    "www.zohoapis.uk": "https://accounts.zoho.uk",
    "www.zohoapis.ae": "https://accounts.zoho.ae",
}


def accounts_url_for(api_url: str) -> str | None:
    """Return the accounts server of an API server's data centre; None if it is not listed."""
    host = urlsplit(api_url).hostname or ""
    # A developer or sandbox organisation has its own host in the same data centre.
    _, _, centre = host.partition(".")
    return ACCOUNTS.get(f"www.{centre}")


def console_url_for(accounts_url: str) -> str:
    """Return the address of the API console, where a self client is created."""
    host = urlsplit(accounts_url).hostname or ""
    if not host.startswith("accounts."):
        return f"{accounts_url}/console"  # the sandbox has its own
    return f"https://api-console.{host.removeprefix('accounts.')}"


def web_url_for(accounts_url: str, domain: str | None) -> str | None:
    """Return the address of an organisation for people: https://crm.zoho.in/crm/org123.

    None where the domain is not known, or the accounts server is no data centre's of Zoho.
    """
    if domain is None or accounts_url not in ACCOUNTS.values():
        return None
    host = urlsplit(accounts_url).hostname or ""
    return f"https://crm.{host.removeprefix('accounts.')}/crm/{domain}"
