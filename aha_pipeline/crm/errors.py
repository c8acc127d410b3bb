"""What can go wrong with Zoho, sorted by what to do next.

ZohoError
├── ZohoUnavailable         nothing is wrong here: try again later
│   ├── TransientFault      one attempt failed in a way that the next may not
│   └── CreditsSpent        the day's share of API credits is used up: go on when credits return
├── TokenRefused            the credentials are wrong: a person must act, no module can be read
├── ModuleUnreadable        this module cannot be read: go on with the others
└── ZohoRefused             the request itself is wrong: a bug, or an unsupported answer
    └── ListLimitReached    the list goes no further by page number or page token
"""

QUOTED_CHARACTERS = 1000


class ZohoError(RuntimeError):
    """Base of this room's errors. The text is one sentence and holds no secret.

    `code` is Zoho's own error code, where it gave one.
    """

    def __init__(self, sentence: str, code: str = "") -> None:
        super().__init__(sentence)
        self.code = code


class ZohoUnavailable(ZohoError):
    """Zoho does not answer, or answers with a transient fault, after all attempts."""


class TransientFault(ZohoUnavailable):
    """One attempt failed; `wait` is the number of seconds the server asked for, if it did."""

    def __init__(self, sentence: str, wait: float | None = None) -> None:
        super().__init__(sentence)
        self.wait = wait


class CreditsSpent(ZohoUnavailable):
    """The share of API credits that this sync may use is used up."""


class TokenRefused(ZohoError):
    """Zoho's accounts server gave no access token."""


class ModuleUnreadable(ZohoError):
    """The token may not read this module, or the organisation has no such module."""


class ZohoRefused(ZohoError):
    """Zoho refused a request for a reason that another attempt will not change."""


class ListLimitReached(ZohoRefused):
    """More rows than Zoho lists: 2,000 by page number, 100,000 by page token."""


def no_answer(server: str, setting: str, error: Exception, path: str = "") -> TransientFault:
    """Return the fault of a request that got no answer; `setting` holds the server's address."""
    name = type(error).__name__
    seen = f"{name} on {path}" if path else name
    if name == "SSLError":
        return TransientFault(
            f"{server} cannot be reached securely ({seen}): check {setting} and this machine's "
            "clock; where a proxy reads along, name its certificate by REQUESTS_CA_BUNDLE."
        )
    if name == "ProxyError":
        return TransientFault(
            f"The proxy does not lead to {server} ({seen}): check HTTPS_PROXY and NO_PROXY."
        )
    return TransientFault(f"{server} does not answer ({seen}): check {setting} and the network.")


def web_page(server: str, setting: str, content: bytes) -> TransientFault | None:
    """Return the fault of a web page that came with status 200 instead of an answer, if it is."""
    if not content.lstrip().startswith(b"<"):
        return None
    return TransientFault(
        f"A web page came instead of the answer of {server}, as from a proxy or a network that "
        f"wants a sign-in: check {setting}, and open its address in a browser on this machine."
    )
