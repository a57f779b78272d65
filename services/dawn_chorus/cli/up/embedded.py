"""The embedded service: PostgreSQL as a child, the API, a relay and a worker in this process, a queue in memory.

Order of start, each step needing those before it; the end goes the same way back:

1. The port is taken: one that another program has must not cost a wait.
2. PostgreSQL. It locks its folder, so that one service at a time owns the data. Then the schema and the pool.
3. The worker opens and verifies its pack: one that does not work must end `up` before anybody posts a recording. Its
   decoders are started from a process that is still small.
4. What a killed service left unfinished goes back to the outbox: the queue in memory has forgotten it.
5. The relay, then the worker's threads: from here on jobs are done.
6. The API. It ends first: nothing new comes in while what is in hand is finished.

The main thread waits for a signal or for the end of any part, which is the end of all.
"""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from threading import Event, Thread

import uvicorn
from fastapi import FastAPI

from dawn_chorus.adapters.audio_store import open_audio_store
from dawn_chorus.adapters.embedded_postgres.server import EmbeddedPostgres
from dawn_chorus.adapters.logs import configure_logs
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.dead_letters import PostgresDeadLetters
from dawn_chorus.adapters.postgres.idempotency import prune_keys
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.migrate import migrate
from dawn_chorus.adapters.postgres.outbox import PostgresOutbox
from dawn_chorus.adapters.postgres.recovery import requeue_unfinished
from dawn_chorus.adapters.queue.in_process import InProcessQueue
from dawn_chorus.api.app import create_app
from dawn_chorus.api.settings import ApiSettings
from dawn_chorus.cli.output import print_note
from dawn_chorus.cli.settings import CliSettings
from dawn_chorus.cli.up.first_job import FirstJob, run_first_job
from dawn_chorus.cli.up.service_threads import Part
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.relay.app import open_relay, prune_answers_task
from dawn_chorus.relay.queue_metrics import QueueMetrics
from dawn_chorus.worker.app import open_worker
from dawn_chorus.worker.settings import WorkerSettings

GRACE_S = 10.0
"""How long work in hand may go on after Ctrl-C; what is left is taken up at the next start."""
_MEASURE_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class EmbeddedOptions:
    """What `chorus up` was asked for."""

    host: str
    port: int
    settings: CliSettings
    first: FirstJob | None = None


def run_embedded(options: EmbeddedOptions) -> bool:
    """Serve until SIGINT or SIGTERM. Return whether that, and nothing else, was the end."""
    configure_logs(options.settings.log_level)
    # A service manager's SIGTERM ends us as a Ctrl-C does, at whatever point we are.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    unfinished = Event()
    try:
        with open_embedded(options, unfinished) as ended:
            part = ended.get()
        print_note(f"the {part} ended by itself, see the log above")
        asked = False
    except KeyboardInterrupt:
        asked = True
    print_note("stopped")
    if unfinished.is_set():
        # Threads may still be deep inside a network; leaving them to the interpreter's end could crash or hang it.
        os._exit(0 if asked else 1)
    return asked


@contextmanager
def open_embedded(options: EmbeddedOptions, unfinished: Event) -> Iterator["SimpleQueue[str]"]:
    """Have the service up, from here to the end; the queue tells the name of a part that ended by itself."""
    settings, ended = options.settings, SimpleQueue[str]()
    with ExitStack() as stack:
        listener = stack.enter_context(_listen(options.host, options.port))
        url = _url_of(options.host, listener)
        print_note(f"starting PostgreSQL in {settings.data_dir}")
        database_url = stack.enter_context(_database(settings))
        database = stack.enter_context(Database(database_url, max_size=16))
        store_url = settings.embedded_store_url
        store, queue = open_audio_store(store_url), InProcessQueue()
        ledger = PostgresLedger(database)
        store.watch_space()

        print_note(f"opening the pack {settings.default_pack}")
        worker_settings = _worker_settings(settings, database_url, store_url)
        source = queue.open_source()
        worker = stack.enter_context(open_worker(worker_settings, ledger=ledger, store=store, source=source))
        requeue_unfinished(database)

        outbox, letters = PostgresOutbox(database), PostgresDeadLetters(database)
        forget = prune_answers_task(partial(prune_keys, database))
        stack.callback(outbox.close)
        measures = QueueMetrics(database, every_s=_MEASURE_EVERY_S)
        relay = open_relay(outbox, queue, letters, queue.open_source(), measures, tasks=(forget,))
        api_settings = _api_settings(options, database_url, store_url)
        server = uvicorn.Server(_uvicorn_config(create_app(api_settings, database, store)))

        def work() -> None:
            if not worker.run():
                unfinished.set()

        def leave_api() -> None:
            server.should_exit = True

        for part in (
            Part("relay", relay.run, relay.stop),
            Part("worker", work, worker.stop),
            Part("API", lambda: server.run(sockets=[listener]), leave_api),
        ):
            stack.enter_context(part.running(ended))
        _welcome(url, settings)
        if options.first is not None:
            Thread(target=run_first_job, args=(url, options.first), name="first job", daemon=True).start()
        yield ended


@contextmanager
def _listen(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise PermanentError(f"cannot listen on {host}:{port}: {error.strerror}; choose another --port") from error
    with listener:
        yield listener


def _url_of(host: str, listener: socket.socket) -> str:
    """Return the address under which this machine reaches the service."""
    port: int = listener.getsockname()[1]
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{name}:{port}"


@contextmanager
def _database(settings: CliSettings) -> Iterator[str]:
    """Start PostgreSQL, bring its schema up to date, and note for other commands how it is reached."""
    with EmbeddedPostgres(settings.data_dir / "postgres") as postgres:
        url = postgres.start()
        migrate(url)
        note = settings.database_note
        note.unlink(missing_ok=True)
        note.touch(mode=0o600)
        note.write_text(url + "\n")
        try:
            yield url
        finally:
            note.unlink(missing_ok=True)


def _worker_settings(settings: CliSettings, database_url: str, store_url: str) -> WorkerSettings:
    return WorkerSettings(
        database_url=database_url,
        store_url=store_url,
        packs_dir=settings.packs_path,
        default_pack=settings.default_pack,
        device=settings.device,
        grace_s=GRACE_S,
    )


def _api_settings(options: EmbeddedOptions, database_url: str, store_url: str) -> ApiSettings:
    return ApiSettings(
        host=options.host,
        port=options.port,
        database_url=database_url,
        store_url=store_url,
        default_pack=options.settings.default_pack,
    )


def _uvicorn_config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(app, access_log=False, log_config=None, server_header=False, timeout_graceful_shutdown=3)


def _welcome(url: str, settings: CliSettings) -> None:
    print_note(
        f"\nDawn Chorus is up at {url} (its API is described at {url}/docs).\n\n"
        f"    curl -F file=@recording.flac {url}/v1/recordings\n"
        f'    psql "$(cat {settings.database_note})"\n\n'
        f"Everything is kept in {settings.data_dir}. Ctrl-C stops the service; what was uploaded is not lost.\n"
    )
