"""Addresses of servers: what is refused, and what is left out of them."""

import re
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

from aha_pipeline.database_address import with_tls, without_foreign_parameters

HOST = re.compile(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]")


def is_loopback(url: str) -> bool:
    """Return whether the host of `url` is this machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def web_address(url: str) -> str:
    """Return an address of HTTP without the slash at its end. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address such as https://host or http://127.0.0.1:8700")
    if parts.username or parts.password:
        raise ValueError("must not hold a user name or password")
    return url.rstrip("/")


def encrypted(url: str) -> str:
    """Return an address that is https, or leads to this machine. Raises ValueError."""
    if url.startswith("http://") and not is_loopback(url):
        raise ValueError("must be https, because it carries credentials")
    return url


def _secret(url: SecretStr) -> SecretStr:
    encrypted(web_address(url.get_secret_value()))
    return url


def _stand_in(url: str) -> str:
    if not is_loopback(url):
        raise ValueError("may only point at a stand-in on this machine; leave it unset")
    return url


def _database(url: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(url.get_secret_value())
        complete = parts.scheme in ("postgresql", "postgres") and len(parts.path) > 1
        complete = complete and parts.netloc.count("@") <= 1 and parts.port != 0
    except ValueError:
        complete = False
    if not complete:
        raise ValueError(
            "must look like postgresql://user:password@host:5432/name, "
            "with special characters percent-encoded (@ is %40)"
        )
    return SecretStr(with_tls(without_foreign_parameters(url.get_secret_value())))


def _interface(address: str) -> str:
    try:
        return address if address == "localhost" else str(ip_address(address))
    except ValueError:
        raise ValueError("must be an IP address, such as 0.0.0.0") from None


def _host(host: str) -> str:
    if not HOST.fullmatch(host):
        raise ValueError(f"{host!r} is not the name of a host, without scheme and port")
    return host


WebAddress = Annotated[str, AfterValidator(web_address)]
SecretAddress = Annotated[SecretStr, AfterValidator(_secret)]
StandInAddress = Annotated[WebAddress, AfterValidator(_stand_in)]
DatabaseAddress = Annotated[SecretStr, AfterValidator(_database)]
InterfaceAddress = Annotated[str, AfterValidator(_interface)]
HostName = Annotated[str, AfterValidator(_host)]
