"""Headers that tell browsers what to do with a response: nothing, unless it says otherwise."""

from starlette.types import Message

_NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
PROTECTIVE_HEADERS = {
    # Media are for the page that a browser makes around a recording opened at its own address.
    "content-security-policy": f"{_NOTHING}; media-src 'self'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
"""Of every response that has none of these names itself."""
_RAW = tuple((name.encode(), value.encode()) for name, value in PROTECTIVE_HEADERS.items())


def docs_policy(script_hash: str) -> str:
    """Return the policy of a page with scripts from this service, and one of its own with this SHA-256 in Base64."""
    return (
        f"{_NOTHING}; connect-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
        f"script-src 'self' 'sha256-{script_hash}'"
    )


def page_policy() -> str:
    """Return the policy of the page: scripts, styles, pictures, sound and answers of this service, and nothing else."""
    return (
        f"{_NOTHING}; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "media-src 'self' blob:; connect-src 'self'; font-src 'self'"
    )


def add_protection(message: Message) -> Message:
    """Return the start of a response with the protective headers that it lacks; other messages unchanged."""
    if message["type"] != "http.response.start":
        return message
    headers = list(message.get("headers", ()))
    sent = {name for name, _ in headers}
    return {**message, "headers": headers + [each for each in _RAW if each[0] not in sent]}
