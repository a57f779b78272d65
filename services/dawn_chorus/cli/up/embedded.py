"""The embedded service: PostgreSQL and the API as children, a relay and a worker in this process, a queue in memory.

Each step of the start needs the steps before it; the service stops in the reverse order:

1. Bind the port, and try that of the metrics, so that a port in use fails at once.
2. Start PostgreSQL. It locks its folder, so that only one service at a time uses the data. Then migrate the schema and
   open the connection pool.
3. Open and verify the worker's pack: a pack that does not work must end `up` before anybody uploads a recording. The
   decoders start while this process is still small.
4. Put unfinished segments of a killed service back in the outbox: the queue in memory was lost with it. Release the
   idempotency keys of its requests.
5. Start the relay, then the worker's threads: from here on segments are analyzed.
6. Start the API, in a process of its own, and wait until it answers. It stops first, so that nothing new comes in while
   started segments finish. The relay hears of its uploads by PostgreSQL's NOTIFY.

The main thread waits for a signal. If any part ends by itself, the whole service stops.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event, Thread

from dawn_chorus.adapters.audio_store import open_audio_store
from dawn_chorus.adapters.embedded_postgres.server import EmbeddedPostgres
from dawn_chorus.adapters.logs import configure_logs
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.dead_letters import PostgresDeadLetters
from dawn_chorus.adapters.postgres.idempotency import prune_responses, release_all_claims
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.lost_messages import requeue_unfinished
from dawn_chorus.adapters.postgres.migrate import migrate
from dawn_chorus.adapters.postgres.outbox import PostgresOutbox
from dawn_chorus.adapters.postgres.workers import PostgresPresence
from dawn_chorus.adapters.queue.in_process import InProcessQueue
from dawn_chorus.adapters.readiness import Readiness
from dawn_chorus.adapters.status_server import StatusServer
from dawn_chorus.cli.output import print_note
from dawn_chorus.cli.settings import CliSettings
from dawn_chorus.cli.up.api_metrics import show_api_metrics
from dawn_chorus.cli.up.api_process import ApiProcess
from dawn_chorus.cli.up.first_job import FirstJob, run_first_job
from dawn_chorus.cli.up.listener import listen, url_of
from dawn_chorus.cli.up.service_threads import Part
from dawn_chorus.cli.up.welcome import print_welcome
from dawn_chorus.relay.app import Relay, open_relay, prune_responses_task
from dawn_chorus.relay.queue_metrics import QueueMetrics
from dawn_chorus.worker.app import open_worker
from dawn_chorus.worker.presence import announced
from dawn_chorus.worker.settings import WorkerSettings

GRACE_S = 10.0
"""How long started segments may go on after Ctrl-C; unfinished ones are resumed at the next start."""
_MEASURE_EVERY_S = 10.0
_LOOK_UP_S = 0.5


@dataclass(frozen=True, slots=True)
class EmbeddedOptions:
    """The parameters of `chorus up`."""

    host: str
    port: int
    settings: CliSettings
    first: FirstJob | None = None


def run_embedded(options: EmbeddedOptions) -> bool:
    """Serve until SIGINT or SIGTERM. Return whether a signal ended it, and not a part that failed."""
    configure_logs(options.settings.log_level)
    # SIGTERM from a service manager acts like Ctrl-C, at any point.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    unfinished = Event()
    try:
        with open_embedded(options, unfinished) as ended:
            part = _wait_for(ended)
        print_note(f"the {part} stopped unexpectedly, see the log above")
        stopped_by_signal = False
    except KeyboardInterrupt:
        stopped_by_signal = True
    print_note("stopped")
    if unfinished.is_set():
        # Threads may still be running a network; a normal interpreter exit could crash or hang on them.
        os._exit(0 if stopped_by_signal else 1)
    return stopped_by_signal


def _wait_for(ended: "SimpleQueue[str]") -> str:
    """Return which part ended. A signal just before a wait is noticed after it: so no wait is long."""
    while True:
        with suppress(Empty):
            return ended.get(timeout=_LOOK_UP_S)


@contextmanager
def open_embedded(options: EmbeddedOptions, unfinished: Event) -> Iterator["SimpleQueue[str]"]:
    """Run the service during the context; yield a queue that receives the name of a part that ended by itself."""
    settings, ended = options.settings, SimpleQueue[str]()
    with ExitStack() as stack:
        listener = stack.enter_context(listen(options.host, options.port))
        url = url_of(options.host, listener)
        if settings.status_port is not None:
            with listen(settings.status_host, settings.status_port, option="--status-port"):
                pass  # free, and so it will be when there is something to show
        print_note(f"starting PostgreSQL in {settings.data_dir}")
        database_url = stack.enter_context(_database(settings))
        database = stack.enter_context(Database(database_url, max_size=16))
        store_url = settings.embedded_store_url
        store, queue = open_audio_store(store_url), InProcessQueue()

        print_note(f"opening the pack {settings.default_pack}")
        worker_settings = _worker_settings(settings, database_url, store_url)
        ledger, source = PostgresLedger(database), queue.open_source()
        worker = stack.enter_context(
            open_worker(worker_settings, ledger=ledger, store=store, source=source, also_in=settings.packs_places[1:])
        )
        requeue_unfinished(database)
        release_all_claims(database)

        relay = stack.enter_context(_open_relay(database, queue))
        api = ApiProcess(listener, settings, database_url)
        ready = Readiness({"database": database.check, "store": store.check, "API": api.check})
        stack.enter_context(_status(settings, api, ready))

        def run_worker() -> None:
            if not worker.run():
                unfinished.set()

        for part in (Part("relay", relay.run, relay.stop), Part("worker", run_worker, worker.stop)):
            stack.enter_context(part.running(ended))
        presence = PostgresPresence(database, worker_settings.worker_name, worker_settings.default_pack)
        stack.enter_context(announced(presence))
        api.start(options.host)
        stack.enter_context(Part("API", api.run, api.stop).running(ended))
        api.wait_until_serving()
        print_welcome(url, settings)
        if options.first is not None:
            Thread(target=run_first_job, args=(url, options.first), name="first job", daemon=True).start()
        yield ended


@contextmanager
def _status(settings: CliSettings, api: ApiProcess, ready: Readiness) -> Iterator[None]:
    """Serve health and metrics, the API's among them, if a port was asked for."""
    if settings.status_port is None:
        yield
        return
    show_api_metrics(api.read_metrics)
    with StatusServer(settings.status_host, settings.status_port, ready=ready) as status:
        print_note(f"metrics are at http://{settings.status_host}:{status.port}/metrics")
        yield


@contextmanager
def _database(settings: CliSettings) -> Iterator[str]:
    """Start PostgreSQL, migrate its schema, and store its URL in a file for other commands; yield the URL."""
    with EmbeddedPostgres(settings.data_dir / "postgres") as postgres:
        url = postgres.start()
        migrate(url)
        url_file = settings.database_url_file
        url_file.unlink(missing_ok=True)
        url_file.touch(mode=0o600)
        url_file.write_text(url + "\n")
        try:
            yield url
        finally:
            url_file.unlink(missing_ok=True)


@contextmanager
def _open_relay(database: Database, queue: InProcessQueue) -> Iterator[Relay]:
    # No `lost_messages_task`: only a broker can lose messages, those of this queue end with the process.
    with closing(PostgresOutbox(database)) as outbox:
        queue_metrics = QueueMetrics(database, every_s=_MEASURE_EVERY_S)
        prune_task = prune_responses_task(partial(prune_responses, database))
        dead_letters, dead_source = PostgresDeadLetters(database), queue.open_source()
        yield open_relay(outbox, queue, dead_letters, dead_source, queue_metrics, tasks=(prune_task,))


def _worker_settings(settings: CliSettings, database_url: str, store_url: str) -> WorkerSettings:
    return WorkerSettings(
        database_url=database_url,
        store_url=store_url,
        packs_dir=settings.packs_path,
        default_pack=settings.default_pack,
        device=settings.device,
        grace_s=GRACE_S,
    )
