"""`python -m dawn_chorus.api`: opens the database and the audio store, and serves HTTP until it is stopped."""

import socket
import sys
from contextlib import ExitStack

import uvicorn

from dawn_chorus.adapters.audio_store import CacheOptions, open_audio_store
from dawn_chorus.adapters.logs import configure_logs, get_logger
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.status_server import StatusServer
from dawn_chorus.adapters.variables import read_settings
from dawn_chorus.api.app import create_app
from dawn_chorus.api.parent_process import serve_parent
from dawn_chorus.api.serving import make_config
from dawn_chorus.api.settings import ApiSettings
from dawn_chorus.domain.errors import ChorusError

log = get_logger("dawn_chorus.api")


def main() -> None:
    """Serve until SIGINT or SIGTERM; a setting that cannot be followed ends it with one line that says why."""
    configure_logs("INFO")
    try:
        settings = read_settings(ApiSettings)
        configure_logs(settings.log_level)
        run_api(settings)
    except ChorusError as error:
        log.critical("API cannot start", reason=str(error))
        sys.exit(1)


def run_api(settings: ApiSettings) -> None:
    """Serve until SIGINT or SIGTERM; requests in progress are finished first. Raises PermanentError: a port in use."""
    cache = CacheOptions(settings.cache_folder, settings.cache_bytes)
    store = open_audio_store(settings.store_url, cache=cache)
    store.watch_space()
    with Database(settings.database_url, max_size=settings.database_connections) as database, ExitStack() as stack:
        app = create_app(settings, database, store)
        if settings.status_port != "none":
            ready = app.state.dependencies.readiness
            stack.enter_context(StatusServer(settings.status_host, settings.status_port, ready=ready))
        server = uvicorn.Server(make_config(app, settings))
        if settings.listen_fd is None:
            server.run()
        else:
            serve_parent()
            server.run(sockets=[stack.enter_context(socket.socket(fileno=settings.listen_fd))])


if __name__ == "__main__":
    main()
