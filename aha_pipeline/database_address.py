"""What an address of PostgreSQL says: where it leads, and how it is made safe.

Sources: PostgreSQL, "connection strings" and "SSL support" of libpq; Supabase, "connect to your
database" (November 2026): one pooler host, port 6543 in transaction mode, 5432 in session mode.
"""

import os
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit

from psycopg2 import ProgrammingError
from psycopg2.extensions import parse_dsn

SUPABASE_POOLER = ".pooler.supabase.com"
TRANSACTION_PORT, SESSION_PORT = 6543, 5432


def is_local(url: str) -> bool:
    """Return whether the server is on this machine: on loopback, or at a Unix socket."""
    parts = urlsplit(url)
    hosts = dict(parse_qsl(parts.query)).get("host", parts.hostname or "")
    return all(_is_local(host) for host in hosts.split(","))


def with_tls(url: str) -> str:
    """Return the address with `sslmode=require`, unless it is local or says something itself."""
    says = "sslmode" in dict(parse_qsl(urlsplit(url).query)) or "PGSSLMODE" in os.environ
    return url if says or is_local(url) else with_parameter(url, "sslmode=require")


def without_foreign_parameters(url: str) -> str:
    """Return the address without parameters that are not libpq's.

    Supabase and others show addresses made for an ORM, such as `?pgbouncer=true`, and libpq refuses
    the whole address for one of them.
    """
    parts = urlsplit(url)
    known = (pair for pair in parts.query.split("&") if _is_known(pair.partition("=")[0]))
    return parts._replace(query="&".join(known)).geturl() if parts.query else url


def for_sessions(url: str) -> str:
    """Return the address for what needs a session: of Supabase's pooler, its other port."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if not (host.endswith(SUPABASE_POOLER) and port == TRANSACTION_PORT):
        return url
    user, at, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}{at}{host}:{SESSION_PORT}").geturl()


def with_parameter(url: str, parameter: str) -> str:
    """Return the address with one more `name=value`, which is percent-encoded already."""
    parts = urlsplit(url)
    query = "&".join(filter(None, [parts.query, parameter]))
    return parts._replace(query=query).geturl()


def _is_known(parameter: str) -> bool:
    try:
        parse_dsn(f"postgresql://host/name?{parameter}=")
    except ProgrammingError as error:
        return "invalid URI query parameter" not in str(error)
    return True


def _is_local(host: str) -> bool:
    if host in ("", "localhost") or host.startswith("/"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
