"""The installed model packs: opened on first use, the least recently used closed."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from dawn_chorus.domain.errors import InvalidPack, UnknownPack
from dawn_chorus.inference.ensemble import Ensemble
from dawn_chorus.inference.packs.files import FileState, file_state
from dawn_chorus.inference.packs.names import MANIFEST
from dawn_chorus.inference.packs.pack import installed_packs


@dataclass(frozen=True, slots=True)
class PackVersion:
    """An installed pack in its present version; the same pack installed again is another version."""

    folder: Path
    state: FileState
    """Of its manifest."""


class PackCache:
    """Every folder of `packs_dirs` that has a pack.toml is a pack; of those of one name, that of the first counts.

    `open_pack` opens a pack and verifies it on its device; `on_open` is called before any caller gets it. While one
    pack is being opened, open ones are still returned at once; a second one to open waits. A closed pack stays in
    memory until the last segment that uses it is done.
    """

    def __init__(
        self,
        packs_dirs: Sequence[Path],
        open_pack: Callable[[Path], Ensemble],
        *,
        capacity: int,
        on_open: Callable[[Ensemble], None],
        on_close: Callable[[Ensemble], None],
    ) -> None:
        self._packs_dirs, self._open_pack, self._capacity = packs_dirs, open_pack, capacity
        self._on_open, self._on_close = on_open, on_close
        self._open: OrderedDict[PackVersion, Ensemble] = OrderedDict()
        self._lookup, self._opening = Lock(), Lock()

    def open(self, name: str) -> Ensemble:
        """Return the pack, opening it if needed. Raises UnknownPack, InvalidPack or DeviceUnavailable.

        A failure is not cached: the next call tries again.
        """
        while True:
            version = self._find(name)
            if (ensemble := self._look_up(version)) is not None:
                return ensemble
            with self._opening:
                ensemble = self._look_up(version) or self._open_version(name, version)
            if ensemble is not None:
                return ensemble

    def installed(self) -> dict[str, PackVersion]:
        """Return the installed packs by name."""
        found = {}
        for name, folder in installed_packs(*self._packs_dirs).items():
            with suppress(FileNotFoundError):  # uninstalled at just this moment
                found[name] = PackVersion(folder, file_state(folder / MANIFEST))
        return found

    def _find(self, name: str) -> PackVersion:
        # A name from a message is only compared, never used as a path.
        installed = self.installed()
        if name not in installed:
            listed = ", ".join(installed) or "none"
            raise UnknownPack(f"no pack {name!r} is installed at this worker; installed: {listed}")
        return installed[name]

    def _look_up(self, version: PackVersion) -> Ensemble | None:
        with self._lookup:
            if version in self._open:
                self._open.move_to_end(version)
            return self._open.get(version)

    def _open_version(self, name: str, version: PackVersion) -> Ensemble | None:
        """Return the opened pack; None: another version was installed meanwhile, so files of two may have been read."""
        try:
            ensemble = self._open_pack(version.folder)
        except InvalidPack:
            if self._find(name) == version:
                raise
            return None
        if self._find(name) != version:
            return None
        self._on_open(ensemble)
        with self._lookup:
            outdated = [self._open.pop(old) for old in list(self._open) if old.folder == version.folder]
            self._open[version] = ensemble
            unused = [self._open.popitem(last=False)[1] for _ in range(len(self._open) - self._capacity)]
        for closed in outdated + unused:
            self._on_close(closed)
        return ensemble
