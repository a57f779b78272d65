"""Splits recordings into folds; all clips of one recording, individual or site stay in one fold."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping


def assign_folds(groups: Mapping[str, Iterable[str]], n_folds: int, seed: int = 0) -> dict[str, int]:
    """Return the fold of each group, with every label spread evenly; `groups` maps a group to its clips' labels.

    The result does not depend on the machine or on the order of the groups. Groups with the rarest labels are placed
    first, ties in the order of a hash. Each group goes to the fold that has the fewest clips with its rarest label.
    """
    labels_of = {group: Counter(labels) for group, labels in groups.items()}
    total = sum(labels_of.values(), Counter())
    label_counts: list[Counter[str]] = [Counter() for _ in range(n_folds)]
    sizes = [0] * n_folds
    folds: dict[str, int] = {}

    def rarest(group: str) -> str:
        return min(labels_of[group], key=lambda label: (total[label], label), default="")

    for group in sorted(labels_of, key=lambda group: (total[rarest(group)], rarest(group), _hash(seed, group))):
        label = rarest(group)
        fold = min(range(n_folds), key=lambda f: (label_counts[f][label], sizes[f], _hash(seed, f"{f}/{group}")))
        label_counts[fold] += labels_of[group]
        sizes[fold] += 1
        folds[group] = fold
    return folds


def _hash(seed: int, text: str) -> str:
    return hashlib.sha256(f"{seed}/{text}".encode()).hexdigest()
