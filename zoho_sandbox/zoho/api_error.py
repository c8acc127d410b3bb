"""Error answers in Zoho's envelope."""

from __future__ import annotations

# Of the accounts server, whose errors have an envelope of their own.
THROTTLED = {
    "error": "Access Denied",
    "error_description": "You have made too many requests continuously. "
    "Please try again after some time.",
    "status": "failure",
}


def envelope(code: str, message: str, **details: object) -> dict:
    """Return the body of an error answer."""
    return {"code": code, "details": details, "message": message, "status": "error"}


class ApiError(Exception):
    """An error answer."""

    def __init__(self, status: int, code: str, message: str, **details: object) -> None:
        super().__init__(message)
        self.status = status
        self.body = envelope(code, message, **details)


def mismatch(name: str) -> ApiError:
    """Return the error for a parameter's value."""
    message = "Please check whether the input values are correct"
    return ApiError(400, "PATTERN_NOT_MATCHED", message, param_name=name)


def missing(name: str) -> ApiError:
    """Return the error for a call without a parameter that it needs."""
    message = "One of the expected parameter is missing"
    return ApiError(400, "REQUIRED_PARAM_MISSING", message, param_name=name)


def too_many(name: str, limit: int) -> ApiError:
    """Return the error for a parameter that names too many things."""
    message = f"{name} may name {limit} at most"
    return ApiError(400, "LIMIT_EXCEEDED", message, limit=limit, param_name=name)


def no_scope() -> ApiError:
    """Return the error for what the token's scopes do not cover."""
    return ApiError(401, "OAUTH_SCOPE_MISMATCH", "Unauthorized")


def unknown_url() -> ApiError:
    """Return the error for a path that is not served."""
    message = "Please check if the URL trying to access is a correct one"
    return ApiError(404, "INVALID_URL_PATTERN", message)
