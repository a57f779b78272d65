"""Packs and taxa: registered by workers, listed and searched by the API."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row, read_taxon, write_rules
from dawn_chorus.domain.errors import InvalidPack, NotFound
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.taxonomy import Taxon

_sql = load_queries("packs")


@dataclass(frozen=True, slots=True)
class PackListing:
    """A registered pack as the API shows it."""

    name: str
    version: str
    license: str
    attribution: str
    manifest_sha256: str
    window_s: float
    frame_s: float | None
    n_taxa: int
    registered_at: datetime
    has_occurrence: bool | None
    """None: registered by workers of an older version, which did not say."""


def insert_pack(connection: Connection, pack: PackFacts) -> None:
    """Register a pack; registering it again adds what workers of an older version did not say, and changes nothing.

    Raises InvalidPack if other content is registered under the same name and version.
    """
    pack_id = _sql.insert_pack(
        connection,
        name=pack.name,
        version=pack.version,
        license=pack.license,
        attribution=pack.attribution,
        manifest_sha256=pack.manifest_sha256,
        window_s=pack.grid.window_s,
        frame_s=pack.grid.frame_s,
        rules=write_rules(pack.rules),
        has_occurrence=pack.has_occurrence,
    )
    if pack_id is None:
        _check_same(connection, pack)
        _sql.complete_pack(connection, name=pack.name, version=pack.version, has_occurrence=pack.has_occurrence)
        return
    columns = _columns(pack.taxa)
    _sql.insert_taxa(connection, **columns)
    _sql.insert_pack_taxa(connection, pack_id=pack_id, **columns)
    _sql.analyze_taxa(connection)


def _check_same(connection: Connection, pack: PackFacts) -> None:
    """Raise InvalidPack for another manifest: results refer to a pack by name and version, so it must not change."""
    known = _sql.get_manifest(connection, name=pack.name, version=pack.version)
    if known != pack.manifest_sha256:
        raise InvalidPack(
            f"pack {pack.name} {pack.version} was registered before with another manifest ({known[:12]}, now "
            f"{pack.manifest_sha256[:12]}): give the changed pack a new version in pack.toml"
        )


def _columns(taxa: Sequence[Taxon]) -> dict[str, list[str]]:
    return {
        "codes": [taxon.code for taxon in taxa],
        "scientific_names": [taxon.scientific_name for taxon in taxa],
        "common_names": [taxon.common_name for taxon in taxa],
        "classes": [taxon.taxonomic_class for taxon in taxa],
    }


def find_latest_version(connection: Connection, name: str) -> str | None:
    """Return the version of a pack that was registered last; None: no such pack is registered."""
    version: str | None = _sql.latest_version(connection, name=name)
    return version


def list_packs(database: Database) -> Sequence[PackListing]:
    """Return the version of every pack that was registered last, by name."""
    with database.transaction() as connection:
        return [_read_listing(row) for row in _sql.list_packs(connection)]


def _read_listing(row: Row) -> PackListing:
    return PackListing(
        name=row["name"],
        version=row["version"],
        license=row["license"],
        attribution=row["attribution"],
        manifest_sha256=row["manifest_sha256"],
        window_s=row["window_s"],
        frame_s=row["frame_s"],
        n_taxa=row["n_taxa"],
        registered_at=row["registered_at"],
        has_occurrence=row["has_occurrence"],
    )


def search_taxa(database: Database, text: str, *, limit: int = 50) -> Sequence[Taxon]:
    """Return taxa whose code or name contains the text: those that were heard first, then those that begin with it."""
    with database.transaction() as connection:
        return [read_taxon(row) for row in _sql.search_taxa(connection, text=text.lower(), n=limit)]


def list_classes(database: Database) -> Sequence[str]:
    """Return the taxonomic classes of all taxa, in order."""
    with database.transaction() as connection:
        return [row["taxonomic_class"] for row in _sql.list_classes(connection)]


def find_taxon_ids(connection: Connection, names: Sequence[str], classes: Sequence[str]) -> list[int] | None:
    """Return the ids of the taxa with one of the names (codes, scientific or common names) and one of the classes.

    In any case. Nothing given does not restrict; None: neither is given.
    """
    if not names and not classes:
        return None
    lower = {"names": [name.lower() for name in names] or None, "classes": [each.lower() for each in classes] or None}
    return [row["id"] for row in _sql.find_taxon_ids(connection, **lower)]


def get_taxon(database: Database, named: str, pack: str | None = None) -> Taxon:
    """Return the taxon with this code or scientific name, as `find_taxon` does. Raises NotFound."""
    with database.transaction() as connection:
        return find_taxon(connection, named, pack)


def find_taxon(connection: Connection, named: str, pack: str | None = None) -> Taxon:
    """Return the taxon with this code or scientific name, in any case, of this pack before others. Raises NotFound."""
    row: Row | None = _sql.find_taxon(connection, named=named, pack=pack)
    if row is None:
        raise NotFound(
            f"No registered pack has a taxon with the code or scientific name {named!r}; see GET /v1/taxa?q=…"
        )
    return read_taxon(row)


def ids_of_taxon(connection: Connection, scientific_name: str) -> list[int]:
    """Return the ids of all rows of a taxon: packs may give it different codes or common names."""
    found: list[int] = _sql.ids_of_taxon(connection, scientific_name=scientific_name)
    return found


def find_voice_ids(connection: Connection) -> list[int]:
    """Return the ids of the taxa that are human voices."""
    return [row["id"] for row in _sql.voices(connection) if read_taxon(row).is_human_voice]


def find_scientific_names(database: Database, names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return for each name, a scientific name or a code in any case, what it means, as the table of taxa spells it.

    Nothing: no registered pack has it. Several: a code that packs give to different taxa.
    """
    lower = list({name.lower() for name in names})
    with database.transaction() as connection:
        rows = list(_sql.find_scientific_names(connection, names=lower))
    return {name: _meaning(name, rows) for name in names}


def _meaning(name: str, rows: Sequence[Row]) -> tuple[str, ...]:
    named = [row["scientific_name"] for row in rows if row["scientific_name"].lower() == name.lower()]
    if named:
        return (name,) if name in named else (named[0],)
    return tuple(dict.fromkeys(row["scientific_name"] for row in rows if row["code"].lower() == name.lower()))
