"""Who is learned from and who is tested on: folds that no recording, individual or site straddles."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping


def assign_folds(groups: Mapping[str, Iterable[str]], n_folds: int, seed: int = 0) -> dict[str, int]:
    """Return each group (with the labels of its clips, one entry a clip) a fold; every label is spread evenly.

    The same groups get the same folds on any machine, in whatever order they come: groups with the rarest labels are
    placed first, equals in the order of a hash, and each goes to the fold that has least of its rarest label.
    """
    labels_of = {group: Counter(labels) for group, labels in groups.items()}
    total = sum(labels_of.values(), Counter())
    held: list[Counter[str]] = [Counter() for _ in range(n_folds)]
    sizes = [0] * n_folds
    folds: dict[str, int] = {}

    def rarest(group: str) -> str:
        return min(labels_of[group], key=lambda label: (total[label], label), default="")

    for group in sorted(labels_of, key=lambda group: (total[rarest(group)], rarest(group), _hash(seed, group))):
        label = rarest(group)
        fold = min(range(n_folds), key=lambda fold: (held[fold][label], sizes[fold], _hash(seed, f"{fold}/{group}")))
        held[fold] += labels_of[group]
        sizes[fold] += 1
        folds[group] = fold
    return folds


def _hash(seed: int, text: str) -> str:
    return hashlib.sha256(f"{seed}/{text}".encode()).hexdigest()
