"""Which rules between keys are broken, in a manifest some of whose values are stand-ins."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from dawn_chorus.inference.packs.drafts.places import Place, leading_place
from dawn_chorus.inference.packs.manifest import Manifest
from dawn_chorus.inference.packs.names import shown
from dawn_chorus.inference.packs.table import Table

_INNER: tuple[Place, ...] = ((), ("outputs",), ("mel",))
"""Rules of a member name the keys of its tables, too."""
_MEL: tuple[Place, ...] = (("mel",), ("mel", "pcen"))
_WINDOW = {"sample_rate_hz", "window_s"}
"""What a front end has to fit."""


def find_broken_rules(manifest: Manifest, wrong: AbstractSet[Place]) -> Iterator[tuple[Place, str]]:
    """Yield the table and the line of each rule that is broken, unless that only follows from what is `wrong`."""
    wrong_keys: dict[Place, set[str]] = {}
    for place in wrong:
        wrong_keys.setdefault(place[:-1], set()).add(str(place[-1]))
    unlisted = {f"{shown(name)} is not listed in " for name in wrong_keys.get(("files",), ())}
    for place, table in _tables((), manifest):
        keys = set().union(*(wrong_keys.get((*place, *inner), ()) for inner in _INNER))
        mel_is_wrong = bool(keys & _WINDOW) or any((*place, *inner) in wrong_keys for inner in _MEL)
        for line in table.find_faults():
            key = place + leading_place(line)
            follows = any(key[:length] in wrong for length in range(1, len(key) + 1))
            follows |= not keys.isdisjoint(re.findall(r"\w+", line)) or (line.startswith("mel.") and mel_is_wrong)
            if not follows and not any(name in line for name in unlisted):
                yield place, line


def _tables(place: Place, table: Table) -> Iterator[tuple[Place, Table]]:
    yield place, table
    for name in type(table).model_fields:
        value = getattr(table, name)
        if isinstance(value, Table):
            yield from _tables((*place, name), value)
        elif isinstance(value, tuple) and value and isinstance(value[0], Table):
            for number, each in enumerate(value):
                yield from _tables((*place, name, number), each)
