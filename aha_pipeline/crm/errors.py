"""What can go wrong with Zoho, sorted by what to do next.

ZohoError
├── ZohoUnavailable   nothing is wrong here: try again later
├── TokenRefused      the credentials are wrong: a person must act, no module can be read
├── ModuleUnreadable  this module cannot be read: go on with the others
└── ZohoRefused       the request itself is wrong: a bug, or an unsupported answer
"""

BODY_LIMIT = 1000


class ZohoError(RuntimeError):
    """Base of this room's errors. The text is one sentence and holds no secret."""


class ZohoUnavailable(ZohoError):
    """Zoho does not answer, or answers with a passing fault, after all attempts."""


class TokenRefused(ZohoError):
    """Zoho's accounts server gave no access token."""


class ModuleUnreadable(ZohoError):
    """The token may not read this module, or the organisation has no such module."""


class ZohoRefused(ZohoError):
    """Zoho refused a request for a reason that another attempt will not change."""
