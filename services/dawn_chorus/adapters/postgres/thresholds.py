"""Thresholds that people chose: saved, listed and removed, and what lists and re-cuts need of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg.types.json import Jsonb

from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row, read_rules
from dawn_chorus.domain.errors import NotFound, PermanentError
from dawn_chorus.domain.review.thresholds import Threshold

_sql = load_queries("thresholds")
_EVERYWHERE = ""
"""Stands for all sites; no site has an empty name."""
_SOME_SITES = 10


class UnknownSite(PermanentError):
    """No recording has this site; the message names some that recordings have."""


class NotInPack(PermanentError):
    """The pack has no such taxon, or is not registered."""


class BelowRule(PermanentError):
    """The pack's rule cuts no events of so low a confidence; the message says what to do."""


@dataclass(frozen=True, slots=True)
class SavedThresholds:
    """All thresholds of a pack, or of all packs, as they were read."""

    by_pack: Mapping[str, Mapping[int, Mapping[str, float]]]
    """By name of the pack, id of the taxon, and site; the empty site stands for all."""

    def at(self, pack: str, site: str | None) -> dict[int, float]:
        """Return what holds at a site (None: for recordings without one), by the ids of the taxa that have one."""
        found = {}
        for taxon_id, by_site in self.by_pack.get(pack, {}).items():
            threshold = by_site.get(site or _EVERYWHERE, by_site.get(_EVERYWHERE))
            if threshold is not None:
                found[taxon_id] = threshold
        return found

    def lowest(self, pack: str | None, site: str | None, taxon_ids: Sequence[int] | None) -> float:
        """Return a confidence that all events must reach that are wanted, of these taxa at this site (None: any)."""
        if pack is None or not taxon_ids:
            return 0.0
        return min(_lowest(self.by_pack.get(pack, {}).get(taxon_id, {}), site) for taxon_id in taxon_ids)

    def column(self, pack: str | None = None, taxon_ids: Sequence[int] | None = None) -> Jsonb:
        """Return what the SQL function `reaches_threshold` takes, for this pack and these taxa (None: all)."""
        packs = self.by_pack if pack is None else {pack: self.by_pack.get(pack, {})}
        if taxon_ids is not None:
            packs = {name: {each: of[each] for each in taxon_ids if each in of} for name, of in packs.items()}
        return Jsonb(packs)


def _lowest(by_site: Mapping[str, float], site: str | None) -> float:
    if site is not None:
        return by_site.get(site, by_site.get(_EVERYWHERE, 0.0))
    return min(by_site.values()) if _EVERYWHERE in by_site else 0.0


def read_thresholds(
    connection: Connection, pack: str | None, taxon_ids: Sequence[int] | None = None, site: str | None = None
) -> SavedThresholds:
    """Return the thresholds that matter for these taxa at this site; None: of all packs, all taxa, at all sites."""
    by_pack: dict[str, dict[int, dict[str, float]]] = {}
    for row in _sql.saved_thresholds(connection, pack=pack, taxon_ids=taxon_ids, site=site):
        by_site = by_pack.setdefault(row["pack_name"], {}).setdefault(row["taxon_id"], {})
        by_site[row["site"] or _EVERYWHERE] = row["threshold"]
    return SavedThresholds(by_pack)


def saved_thresholds(database: Database, pack: str | None) -> SavedThresholds:
    """Return the thresholds of a pack (None: of all packs) at all sites."""
    with database.transaction() as connection:
        return read_thresholds(connection, pack)


def list_thresholds(
    database: Database, scientific_name: str | None = None, site: str | None = None, pack: str | None = None
) -> Sequence[Threshold]:
    """Return thresholds by taxon, pack and site; of a site those that hold there: its own before those of all sites."""
    key = {"scientific_name": scientific_name, "site": site, "pack": pack}
    with database.transaction() as connection:
        return [_read(row) for row in _sql.list_thresholds(connection, **key)]


def save_threshold(
    database: Database, scientific_name: str, pack: str, site: str | None, threshold: float, *, note: str, set_by: str
) -> tuple[Threshold, Threshold | None]:
    """Save a threshold in place of the one for the same taxon, pack and site; return both.

    Raises NotInPack, UnknownSite, and BelowRule for one below the onset threshold of the pack's rule for the taxon.
    """
    key = {"scientific_name": scientific_name, "pack": pack, "site": site}
    with database.transaction() as connection:
        _check_rule(connection, scientific_name, pack, threshold)
        if site is not None:
            _check_site(connection, site)
        before = _sql.get_threshold(connection, **key)
        saved = _sql.save_threshold(connection, **key, threshold=threshold, note=note, set_by=set_by)
    return _read(saved), None if before is None else _read(before)


def remove_threshold(database: Database, scientific_name: str, pack: str, site: str | None) -> Threshold:
    """Remove the threshold of a taxon, a pack and a site (None: that of all sites), and return it. Raises NotFound."""
    with database.transaction() as connection:
        removed = _sql.remove_threshold(connection, scientific_name=scientific_name, pack=pack, site=site)
    if removed is None:
        where = "all sites" if site is None else f"the site {site!r}"
        raise NotFound(f"No threshold of {scientific_name} is saved for the pack {pack} and {where}")
    return _read(removed)


def _check_rule(connection: Connection, scientific_name: str, pack: str, threshold: float) -> None:
    row = _sql.rule_of_taxon(connection, scientific_name=scientific_name, pack=pack)
    if row is None:
        raise NotInPack(f"No registered pack {pack!r} has the taxon {scientific_name}")
    onset = read_rules(row["rules"]).of(row["code"]).onset_threshold
    if threshold < onset:
        raise BelowRule(
            f"{threshold:g} is below {onset:g}, at which events of {scientific_name} begin by the rule of the pack "
            f"{pack}: no list can show events that were never cut. Analyze with onset_threshold={threshold:g} first, "
            f"or choose a threshold of at least {onset:g}"
        )


def _check_site(connection: Connection, site: str) -> None:
    row = _sql.some_sites(connection, site=site, n=_SOME_SITES)
    if not row["is_known"]:
        known = ", ".join(sorted(row["others"] or ()))
        there_are = f"there are {known}" if known else "no recording has a site yet"
        raise UnknownSite(f"No recording has the site {site!r}; {there_are}; see GET /v1/sites")


def _read(row: Row) -> Threshold:
    return Threshold(
        scientific_name=row["scientific_name"],
        site=row["site"],
        pack=row["pack_name"],
        threshold=row["threshold"],
        set_by=row["set_by"],
        set_at=row["set_at"],
        note=row["note"],
    )
