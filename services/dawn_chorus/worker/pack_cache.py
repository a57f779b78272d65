"""The model packs installed here: opened when first asked for, the least used closed again."""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from dawn_chorus.domain.errors import UnknownPack
from dawn_chorus.inference.ensemble import Ensemble
from dawn_chorus.inference.packs.pack import MANIFEST, installed_packs


@dataclass(frozen=True, slots=True)
class PackVersion:
    """A pack as it lies there now; one that is installed anew is another."""

    folder: Path
    changed_ns: int
    """Of its manifest."""


class PackCache:
    """Every folder of `packs_dir` that has a pack.toml is a pack.

    `open_pack` opens and verifies one on its device; `on_open` is told before anybody gets it. While one is opened,
    those that are open are still given out, and others wait their turn. A pack that is closed lives on until the last
    segment at work on it is done.
    """

    def __init__(
        self,
        packs_dir: Path,
        open_pack: Callable[[Path], Ensemble],
        *,
        capacity: int,
        on_open: Callable[[Ensemble], None],
        on_close: Callable[[Ensemble], None],
    ) -> None:
        self._packs_dir, self._open_pack, self._capacity = packs_dir, open_pack, capacity
        self._on_open, self._on_close = on_open, on_close
        self._open: OrderedDict[PackVersion, Ensemble] = OrderedDict()
        self._lookup, self._opening = Lock(), Lock()

    def open(self, name: str) -> Ensemble:
        """Raise UnknownPack, InvalidPack or DeviceUnavailable; a failure is not remembered."""
        wanted = self._find(name)
        ensemble = self._look_up(wanted)
        if ensemble is None:
            with self._opening:
                ensemble = self._look_up(wanted) or self._open_anew(wanted)
        return ensemble

    def installed(self) -> dict[str, PackVersion]:
        """Return what is installed, by name."""
        found = {}
        for name, folder in installed_packs(self._packs_dir).items():
            with suppress(FileNotFoundError):  # uninstalled at this moment
                found[name] = PackVersion(folder, (folder / MANIFEST).stat().st_mtime_ns)
        return found

    def _find(self, name: str) -> PackVersion:
        # A name from a message is compared, never made into a path.
        installed = self.installed()
        if name not in installed:
            listed = ", ".join(installed) or "none"
            raise UnknownPack(f"no pack {name!r} is installed at this worker; installed: {listed}")
        return installed[name]

    def _look_up(self, wanted: PackVersion) -> Ensemble | None:
        with self._lookup:
            if wanted in self._open:
                self._open.move_to_end(wanted)
            return self._open.get(wanted)

    def _open_anew(self, wanted: PackVersion) -> Ensemble:
        ensemble = self._open_pack(wanted.folder)
        self._on_open(ensemble)
        with self._lookup:
            outdated = [self._open.pop(old) for old in list(self._open) if old.folder == wanted.folder]
            self._open[wanted] = ensemble
            unused = [self._open.popitem(last=False)[1] for _ in range(len(self._open) - self._capacity)]
        for closed in outdated + unused:
            self._on_close(closed)
        return ensemble
