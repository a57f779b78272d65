"""`python -m dawn_chorus.worker`: a worker on RabbitMQ, PostgreSQL and the audio store."""

import gc
import os
import signal
import sys
import tempfile
from pathlib import Path
from threading import Event

import dawn_chorus.one_blas_thread  # noqa: F401 - before numpy
from dawn_chorus.adapters.audio_store import CacheOptions, open_audio_store
from dawn_chorus.adapters.logs import configure_logs, get_logger
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.workers import PostgresPresence
from dawn_chorus.adapters.queue.rabbitmq import RabbitSource
from dawn_chorus.adapters.readiness import Readiness
from dawn_chorus.adapters.status_server import StatusServer
from dawn_chorus.adapters.variables import read_settings
from dawn_chorus.domain.errors import ChorusError
from dawn_chorus.worker.app import open_worker
from dawn_chorus.worker.consumer import Worker
from dawn_chorus.worker.health import readiness_checks
from dawn_chorus.worker.presence import announced
from dawn_chorus.worker.settings import WorkerSettings

log = get_logger("dawn_chorus.worker")


def main() -> None:
    """Run until SIGTERM or SIGINT; a second signal ends at once. Exit code 0 only if every started segment finished."""
    configure_logs("INFO")
    try:
        settings = read_settings(WorkerSettings)
        configure_logs(settings.log_level)
        finished = run_worker(settings)
    except ChorusError as error:
        log.critical("worker cannot start", reason=str(error))
        sys.exit(1)
    if not finished:
        # Threads may still be running a network; a normal interpreter exit could crash or hang on them.
        os._exit(1)


def run_worker(settings: WorkerSettings) -> bool:
    """Run until stopped by a signal. Return whether no thread failed and every started segment finished.

    The status server starts first, so that a probe can tell a worker that is verifying its pack from a dead one. The
    queue is consumed last, when jobs can be worked on. Raises DeviceUnavailable, InvalidPack and UnknownPack.
    """
    pack_is_open = Event()
    source = RabbitSource(settings.broker_url, name=settings.worker_name)
    store = open_audio_store(settings.store_url, cache=_cache(settings))
    with Database(settings.database_url, max_size=settings.in_flight + 3, prepared=True) as database:
        checks = readiness_checks(
            pack_is_open, settings.default_pack, database=database.check, broker=source.check, store=store.check
        )
        ledger = PostgresLedger(database)
        with (
            StatusServer(settings.status_host, settings.status_port, ready=Readiness(checks)),
            open_worker(settings, ledger=ledger, store=store, source=source) as worker,
        ):
            _stop_on_signals(worker)
            # Thousands of taxa live as long as the process: the garbage collector need not scan them over and over.
            gc.freeze()
            pack_is_open.set()
            with announced(PostgresPresence(database, settings.worker_name, settings.default_pack)):
                return worker.run()


def _stop_on_signals(worker: Worker) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())


def _cache(settings: WorkerSettings) -> CacheOptions:
    return CacheOptions(settings.cache_dir or Path(tempfile.gettempdir()) / "chorus-cache", settings.cache_bytes)


if __name__ == "__main__":
    main()
