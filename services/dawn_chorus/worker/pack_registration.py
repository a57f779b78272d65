"""Registers the installed packs in the database: an analysis can only use registered packs."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from threading import Event

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.retrying import Stopped
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.ports import SegmentLedger
from dawn_chorus.worker.pack_cache import PackCache, PackVersion

log = get_logger(__name__)


class PackRegistration:
    """Registers every installed pack once, also those installed later. Not thread-safe.

    A pack that cannot be read, perhaps because it is still being copied, is logged once and tried again each time.
    """

    def __init__(
        self,
        packs: PackCache,
        read_facts: Callable[[Path], PackFacts],
        ledger: SegmentLedger,
        *,
        registered: Iterable[PackVersion] = (),
    ) -> None:
        self._packs, self._read_facts, self._ledger = packs, read_facts, ledger
        self._registered = set(registered)
        self._unreadable: set[PackVersion] = set()

    def register_new(self) -> None:
        """Register the packs installed since the last call."""
        for name, version in self._packs.installed().items():
            if version not in self._registered:
                self._register(name, version)

    def watch(self, stopping: Event, *, every_s: float) -> None:
        """Register new packs every `every_s` seconds until `stopping` is set."""
        while not stopping.wait(every_s):
            with suppress(Stopped):
                self.register_new()

    def _register(self, name: str, version: PackVersion) -> None:
        try:
            self._ledger.register_pack(self._read_facts(version.folder))
        except PermanentError as error:
            if version not in self._unreadable:
                log.warning("pack cannot be read, not registered", pack=name, reason=str(error))
            self._unreadable.add(version)
        else:
            self._registered.add(version)
            log.info("pack registered", pack=name)
