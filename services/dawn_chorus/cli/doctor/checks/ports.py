"""The port of the API: whether Dawn Chorus answers there, of this version, and ready."""

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from urllib.parse import urlsplit

from dawn_chorus.cli.doctor.checks.http_answer import Answer, Silent, ask
from dawn_chorus.cli.doctor.findings import Finding, ok, skipped, warning, wrong
from dawn_chorus.cli.doctor.installation import WAIT_S, Form, Installation

_OTHER_PORT = (
    "stop it, or choose another port (`chorus up --port 8001`, CHORUS_PORT in .env) and give its address by CHORUS_URL"
)
_VERSION_S = 3.0


def look_at_ports(installation: Installation) -> Sequence[Finding]:
    url = installation.settings.url
    try:
        live = ask(url, "/health/live", wait_s=WAIT_S)
    except Silent as error:
        return [_judge_silence(installation, url, error)]
    if not live.is_ours:
        return [wrong("ports", f"{url}: something else than Dawn Chorus answers ({_describe(live)}): {_OTHER_PORT}")]
    if not live.is_live:
        return [wrong("ports", f"{url}: {live.status} {live.document.get('detail', '')}")]
    return list(_judge_service(url))


def _judge_silence(installation: Installation, url: str, error: Silent) -> Finding:
    if installation.form is Form.SERVERS:
        if "url" not in installation.settings.model_fields_set:
            return skipped("ports", "CHORUS_URL does not say where the API is")
        return wrong("ports", f"{url}: the API does not answer ({error}): `docker compose ps --all api`, then its logs")
    if not _is_here(url):
        return wrong("ports", f"{url}: {error}: is it up there, and the address (--url, CHORUS_URL) right?")
    if not error.is_refused:
        return wrong("ports", f"{url}: {error}: it is something else than Dawn Chorus, or hangs: {_OTHER_PORT}")
    return _judge_free_port(installation, url)


def _judge_free_port(installation: Installation, url: str) -> Finding:
    folder = installation.settings.data_dir
    if installation.database_url is None:
        return ok("ports", f"{url}: free for `chorus up`")
    if installation.is_running is False:
        return wrong(
            "ports", f"{url}: nobody listens, the service of {folder} was killed: `{installation.command('chorus up')}`"
        )
    return warning("ports", f"{url}: nobody listens, though the service seems to run: give its address with --url")


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1", "0.0.0.0") or host.startswith("127.")  # noqa: S104 - nobody listens there


def _judge_service(url: str) -> Iterator[Finding]:
    """Judge an API that is live; the questions are asked one after another."""
    try:
        ready = ask(url, "/health/ready", wait_s=WAIT_S)
    except Silent as error:
        yield wrong("ports", f"{url}: the API is live, but does not say whether it is ready: {error}")
        return
    theirs = _ask_version(url)
    if ready.status == 200:
        yield ok("ports", f"{url}: Dawn Chorus {theirs or 'of a version that it did not tell in time'}, ready")
    else:
        yield wrong("ports", f"{url}: Dawn Chorus is not ready: {ready.document.get('detail', ready.status)}")
    if theirs not in (None, version("dawn-chorus")):
        yield warning("ports", f"{url}: the API is of version {theirs}, this program of {version('dawn-chorus')}")


def _ask_version(url: str) -> str | None:
    """Return the version of the API. None: it is not known in time, as the document is made when first asked for."""
    try:
        document = ask(url, "/openapi.json", wait_s=_VERSION_S).document
    except Silent:
        return None
    return str(document.get("info", {}).get("version", "unknown"))


def _describe(answer: Answer) -> str:
    return ", ".join(
        filter(None, (str(answer.status), answer.headers.get("Server"), answer.headers.get_content_type()))
    )
