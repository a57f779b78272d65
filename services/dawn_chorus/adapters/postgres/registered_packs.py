"""Packs as they are registered in the database: read once, and kept while they are the same there."""

from dataclasses import dataclass
from datetime import datetime

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import read_rules
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.event_rules import EventRules
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Grid

_sql = load_queries("packs")


@dataclass(frozen=True, slots=True)
class RegisteredPack:
    """One version of a pack, which never changes while it is registered."""

    name: str
    version: str
    registered_at: datetime
    """Tells it from one of the same name in a database that was made anew, where taxa have other ids."""
    grid: Grid
    rules: EventRules
    taxon_ids: dict[str, int]
    """By code."""

    def id_of(self, taxon: Taxon) -> int:
        """Raise PermanentError for a taxon that is not the pack's."""
        try:
            return self.taxon_ids[taxon.code]
        except KeyError:
            raise PermanentError(
                f"pack {self.name} {self.version} is not registered with the taxon {taxon.code}"
            ) from None


class RegisteredPacks:
    """Reads each version once. Safe to call from many threads."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], RegisteredPack] = {}

    def find(self, connection: Connection, name: str, version: str) -> RegisteredPack:
        """Return the pack. Raises PermanentError if it is not registered."""
        return self._known.get((name, version)) or self.read_again(connection, name, version)

    def read_again(self, connection: Connection, name: str, version: str) -> RegisteredPack:
        """Return the pack as it is now. Raises PermanentError if it is not registered."""
        found = self._known[name, version] = _read(connection, name, version)
        return found


def _read(connection: Connection, name: str, version: str) -> RegisteredPack:
    row = _sql.get_pack(connection, name=name, version=version)
    if row is None:
        raise PermanentError(f"pack {name} {version} is not registered")
    taxa = _sql.taxon_ids(connection, pack_id=row["id"])
    return RegisteredPack(
        name=name,
        version=version,
        registered_at=row["registered_at"],
        grid=Grid(row["window_s"], row["frame_s"]),
        rules=read_rules(row["rules"]),
        taxon_ids={taxon["code"]: taxon["id"] for taxon in taxa},
    )
