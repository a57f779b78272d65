"""Reads a pack.toml as far as it goes, with stand-ins where it is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.inference.packs.drafts.places import (
    Place,
    ReadingOrder,
    fields_of,
    find_field,
    leading_place,
    name_place,
    table_at,
)
from dawn_chorus.inference.packs.drafts.reasons import describe, join
from dawn_chorus.inference.packs.drafts.rules import find_broken_rules
from dawn_chorus.inference.packs.drafts.unknown_keys import advise, find_meant_key
from dawn_chorus.inference.packs.faults import Faults
from dawn_chorus.inference.packs.manifest import Manifest
from dawn_chorus.inference.packs.table import LATER

_MOST_ROUNDS = 4
"""What was mended may be seen to break another limit once, as a list of too many members of which each is wrong."""
_MOST_MEANT = 100
"""For so many unknown keys the one that was meant is looked for."""
_MOST_MEMBERS = 100
_STAND_IN_MEMBER = {
    "file": "network.onnx", "input": "waveform", "sample_rate_hz": 48000, "window_s": 5.0, "hop_s": 5.0, "rule": "clip",
}  # fmt: skip
_STAND_INS: dict[str, Any] = {
    "name": "pack", "version": "0", "license": "-", "attribution": "", **_STAND_IN_MEMBER,
    "n_fft": 512, "win_length": 512, "hop_length": 256, "f_min_hz": 0.0, "f_max_hz": 1.0,
}  # fmt: skip
"""For keys that must be there."""


@dataclass(frozen=True, slots=True)
class ManifestDraft:
    """A manifest, and what of it is not what pack.toml says."""

    manifest: Manifest
    wrong: frozenset[Place]
    """There the manifest has stand-ins."""
    broken: frozenset[Place]
    """Keys that break a rule."""

    def is_true(self, *place: str | int) -> bool:
        """Return whether the manifest has there what pack.toml has."""
        return not any(place[:length] in self.wrong for length in range(1, len(place) + 1))

    def faulty_keys(self, *place: str | int) -> set[str | int]:
        """Return the keys of the table there in which something is wrong or breaks a rule."""
        depth = len(place)
        return {each[depth] for each in self.wrong | self.broken if len(each) > depth and each[:depth] == place}


def parse_manifest(table: Mapping[str, Any], where: str) -> Manifest:
    """Return the checked manifest. Raises InvalidPack with all faults; `where`: folder and file."""
    faults = Faults()
    draft = draft_manifest(table, where, faults)
    faults.raise_any()
    return draft.manifest


def draft_manifest(table: Mapping[str, Any], where: str, faults: Faults) -> ManifestDraft:
    """Return the manifest as far as it goes, after adding its faults in their order.

    `where`: folder and file. Raises InvalidPack, with all faults, if it goes nowhere.
    """
    mended, found = _Mended(table), dict[Place, list[str]]()
    manifest = mended.read(found)
    broken: set[Place] = set()
    for place, line in () if manifest is None else find_broken_rules(manifest, mended.wrong):
        key = place + leading_place(line)
        broken.add(key)
        found.setdefault(key, []).append(f"{name_place(place)}: {line}" if place else line)
    order = ReadingOrder(table)
    for place in sorted(found, key=order.position):
        faults.add(*(f"{where}: {line}" for line in found[place]))
    if manifest is None:
        raise InvalidPack(*faults.lines())
    return ManifestDraft(manifest, frozenset(mended.wrong), frozenset(broken))


class _Mended:
    """The table of a pack.toml, in which one wrong key after the other is replaced."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._table = _copied(table)
        self.wrong: set[Place] = set()
        self._renamed: set[Place] = set()
        self._n_meant = 0

    def read(self, found: dict[Place, list[str]]) -> Manifest | None:
        """Return the manifest, after adding what is wrong to `found`."""
        for _ in range(_MOST_ROUNDS):
            try:
                return Manifest.model_validate(self._table, context=LATER)
            except ValidationError as error:
                self._mend_all(error.errors(include_url=False, include_input=False), found)
        return None

    def _mend_all(self, errors: list[Any], found: dict[Place, list[str]]) -> None:
        by_place: dict[Place, list[Any]] = {}
        for error in errors:
            place = find_field(error["loc"])
            # A list whose entries are all wrong is called too short, too.
            if error["type"] != "too_short" or not self._at(place):
                by_place.setdefault(place, []).append(error)
        # Unknown keys first: what is missing may be there under another name.
        for place, [error, *_] in by_place.items():
            if error["type"] == "extra_forbidden":
                found[place] = [f"{name_place(place)}: {self._mend_unknown(place)}"]
        for place, [error, *others] in by_place.items():
            is_there = place in self._renamed and error["type"] == "missing" and error["loc"] == place
            if error["type"] == "extra_forbidden" or is_there:
                continue
            if place not in self._renamed and place not in self.wrong:
                found[place] = _describe(place, [error, *others])
            self.wrong.add(place)
            self._mend(place)

    def _mend_unknown(self, place: Place) -> str:
        """Rename an unknown key to the one that was meant; return what to tell of it."""
        parent = self._at(place[:-1])
        value, self._n_meant = parent.pop(place[-1]), self._n_meant + 1
        meant = find_meant_key(place) if self._n_meant <= _MOST_MEANT else None
        if meant is not None and meant not in parent:
            parent[meant] = value
            self._renamed.add((*place[:-1], meant))
        return advise(place, meant)

    def _mend(self, place: Place) -> None:
        parent, key, model = self._at(place[:-1]), place[-1], table_at(place[:-1])
        field = fields_of(model).get(str(key))
        if isinstance(key, int):
            parent[key] = dict(_STAND_IN_MEMBER)
        elif place == ("member",):
            members = parent.get("member")
            parent["member"] = members[:_MOST_MEMBERS] if isinstance(members, list) else [dict(_STAND_IN_MEMBER)]
            parent["member"] = parent["member"] or [dict(_STAND_IN_MEMBER)]
        elif place == ("schema",):
            parent["schema"] = 2 if "files" in parent else 1
        elif field is not None and field.is_required():
            parent[key] = _STAND_INS[str(key)]
        else:
            parent.pop(key, None)

    def _at(self, place: Place) -> Any:
        node: Any = self._table
        for part in place:
            node = node[part]
        return node


def _copied(value: Any, depth: int = 5) -> Any:
    """Return a copy of tables and lists, as deep as a pack.toml has tables."""
    if depth and isinstance(value, Mapping):
        return {key: _copied(each, depth - 1) for key, each in value.items()}
    return [_copied(each, depth - 1) for each in value] if depth and isinstance(value, list) else value


def _describe(place: Place, errors: list[Any]) -> list[str]:
    """Return a line for the key, or for each entry of its list that is wrong."""
    is_file = len(place) == 2 and place[0] == "files"
    reasons: dict[Place, list[str]] = {}
    for error in errors:
        # An entry of a list has a number; what follows a key otherwise names one of the types that it may have.
        loc = error["loc"]
        is_entry = all(isinstance(part, int) for part in loc[len(place) :])
        reasons.setdefault(loc if is_entry else place, []).append(describe(error, is_file=is_file))
    return [f"{name_place(loc)}: {join(each)}" for loc, each in reasons.items()]
