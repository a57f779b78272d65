"""`python -m dawn_chorus.api`: opens the database and the audio store, and serves HTTP until it is stopped."""

import sys
import tempfile
from pathlib import Path

import uvicorn

from dawn_chorus.adapters.audio_store import CacheOptions, open_audio_store
from dawn_chorus.adapters.logs import configure_logs, get_logger
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.status_server import StatusServer
from dawn_chorus.api.app import create_app
from dawn_chorus.api.http.h11_protocol import ProblemProtocol
from dawn_chorus.api.settings import ApiSettings
from dawn_chorus.domain.errors import ChorusError

SHUTDOWN_S = 10
"""How long open requests may go on at shutdown. Event streams are cut then, and clients reconnect elsewhere."""

log = get_logger("dawn_chorus.api")


def main() -> None:
    """Serve until SIGINT or SIGTERM; a setting that cannot be followed ends it with one line that says why."""
    settings = ApiSettings()
    configure_logs(settings.log_level)
    try:
        run_api(settings)
    except ChorusError as error:
        log.critical("API cannot start", reason=str(error))
        sys.exit(1)


def run_api(settings: ApiSettings) -> None:
    """Serve until SIGINT or SIGTERM; requests in progress are finished first. Raises PermanentError: a port in use."""
    cache = CacheOptions(settings.cache_dir or Path(tempfile.gettempdir()) / "chorus-cache", settings.cache_bytes)
    store = open_audio_store(settings.store_url, cache=cache)
    store.watch_space()
    with Database(settings.database_url, max_size=settings.database_connections) as database:
        app = create_app(settings, database, store)
        with StatusServer(settings.status_host, settings.status_port, ready=app.state.dependencies.readiness):
            uvicorn.run(
                app,
                host=settings.host,
                port=settings.port,
                http=ProblemProtocol,
                ws="none",
                forwarded_allow_ips=settings.trusted_proxies,
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=SHUTDOWN_S,
            )


if __name__ == "__main__":
    main()
