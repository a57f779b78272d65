"""Alerts: whether anybody is told, as far as CHORUS_ALERTS_TO says. Topics and paths are secrets: none is shown."""

from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from dawn_chorus.cli.doctor.findings import Finding, ok, skipped, warning
from dawn_chorus.cli.doctor.installation import Form, Installation

_KINDS = {
    "http": "a webhook", "https": "a webhook",
    "ntfy": "a topic of ntfy", "ntfy+http": "a topic of ntfy", "ntfy+https": "a topic of ntfy",
    "mailto": "mail",
}  # fmt: skip


def look_at_alerts(installation: Installation) -> Sequence[Finding]:
    to = installation.settings.alerts_to
    if installation.form is not Form.SERVERS:
        return [skipped("alerts", "Alertmanager is of a deployment, and none is here")]
    if to is None:
        return [skipped("alerts", "CHORUS_ALERTS_TO is not set here: see the receivers of your Alertmanager")]
    if not to:
        return [warning("alerts", "nobody is told of alerts: set CHORUS_ALERTS_TO in .env, see Who is told")]
    if (receiver := _describe(to)) is None:
        text = "CHORUS_ALERTS_TO is not understood, so that nobody is told: `docker compose logs alertmanager`"
        return [warning("alerts", text)]
    return [ok("alerts", f"told by {receiver}; whether they arrive was not tried, see Who is told")]


def _describe(to: str) -> str | None:
    """Return the kind of a receiver and the host it is told at, and nothing else of it; None: not understood."""
    try:
        parts = urlsplit(to)
        mail_server = parse_qs(parts.query).get("smtp", [""])[0].rpartition(":")[0]
        host = mail_server if parts.scheme == "mailto" else parts.hostname
    except ValueError:
        return None
    kind = _KINDS.get(parts.scheme)
    return f"{kind} at {host}" if kind and host else None
