"""Wires a worker: the embedded service passes an in-process queue and a local store, `__main__` the real servers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from threading import Event, Thread
from typing import Any

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.ports import AudioStore, SegmentLedger, SegmentSource
from dawn_chorus.inference.decoders.pool import DecoderPool
from dawn_chorus.inference.ensemble import Ensemble, SessionOptions, open_ensemble
from dawn_chorus.inference.self_test import verify_golden
from dawn_chorus.worker.analyze import SegmentAnalyst
from dawn_chorus.worker.consumer import Worker
from dawn_chorus.worker.pack_cache import PackCache, PackVersion
from dawn_chorus.worker.pack_registration import PackRegistration
from dawn_chorus.worker.retry_policy import RetryPolicy
from dawn_chorus.worker.retrying_ledger import RetryingLedger
from dawn_chorus.worker.segment_metrics import expect_segments
from dawn_chorus.worker.settings import WorkerSettings

log = get_logger(__name__)

_LOOK_FOR_PACKS_S = 30.0


@contextmanager
def open_worker(
    settings: WorkerSettings,
    *,
    ledger: SegmentLedger,
    store: AudioStore,
    source: SegmentSource,
    also_in: Sequence[Path] = (),
) -> Iterator[Worker]:
    """Yield a worker ready to `run`, its default pack verified on its device and registered.

    Packs that are not in the folder of the settings are looked for in `also_in`.
    The order matters. Decoders start before networks open, while this process is still small. A device or a pack that
    does not work ends the process before it takes a job. The caller closes what it passed in, after the worker.
    Raises DeviceUnavailable, InvalidPack and UnknownPack.
    """
    expect_segments()
    stopping = Event()
    retrying = RetryingLedger(ledger, stopping)
    with DecoderPool(processes=settings.decoders or settings.sessions) as decoders:
        if decoders.lacking:
            log.warning("decoders are held with less than they could be on other systems", missing=decoders.lacking)
        packs = _open_packs(settings, [settings.packs_dir, *also_in], retrying)
        packs.open(settings.default_pack)
        _register_packs(packs, retrying, stopping, registered=packs.installed()[settings.default_pack])
        retry = RetryPolicy(settings.max_attempts, settings.retry_first_s, settings.retry_most_s)
        analyst = SegmentAnalyst(
            retrying,
            store,
            decoders,
            packs,
            name=settings.worker_name,
            retry=retry,
            max_duration_s=settings.max_duration_s,
            max_segments=settings.max_segments,
        )
        analyze = analyst.analyze_segment
        try:
            yield Worker(source, analyze, in_flight=settings.in_flight, grace_s=settings.grace_s, stopping=stopping)
        finally:
            stopping.set()


def _open_packs(settings: WorkerSettings, packs_dirs: Sequence[Path], ledger: SegmentLedger) -> PackCache:
    options = SessionOptions(
        device=settings.device,
        threads_per_session=settings.threads_per_session,
        sessions=settings.sessions,
        batch_windows=settings.batch_windows,
    )

    def open_verified(folder: Path) -> Ensemble:
        ensemble = open_ensemble(folder, options)
        verify_golden(ensemble)
        return ensemble

    def on_open(ensemble: Ensemble) -> None:
        ledger.register_pack(ensemble.facts)
        _gauge(ensemble, settings.device).inc()
        metrics.expect_outcomes(ensemble.facts.name)
        log.info("pack opened", pack=ensemble.facts.name, version=ensemble.facts.version, provider=ensemble.provider)

    def on_close(ensemble: Ensemble) -> None:
        _gauge(ensemble, settings.device).dec()
        log.info("pack closed", pack=ensemble.facts.name, version=ensemble.facts.version)

    return PackCache(packs_dirs, open_verified, capacity=settings.open_packs, on_open=on_open, on_close=on_close)


def _register_packs(packs: PackCache, ledger: SegmentLedger, stopping: Event, *, registered: PackVersion) -> None:
    """Register the other installed packs now, and packs installed later from a background thread."""

    def read_facts(folder: Path) -> PackFacts:
        return open_ensemble(folder, SessionOptions()).facts

    registration = PackRegistration(packs, read_facts, ledger, registered=[registered])
    registration.register_new()
    watch = partial(registration.watch, stopping, every_s=_LOOK_FOR_PACKS_S)
    Thread(target=watch, name="packs", daemon=True).start()


def _gauge(ensemble: Ensemble, device: str) -> Any:
    facts = ensemble.facts
    return metrics.worker_pack.labels(device, ensemble.provider, facts.name, facts.version, version("dawn-chorus"))
