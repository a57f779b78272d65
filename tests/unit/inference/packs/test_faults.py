"""What is wrong with a pack is collected and raised in one go."""

import pickle

import pytest

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.inference.packs.faults import MOST_TOLD, Faults


def raised(faults: Faults) -> tuple[str, ...]:
    with pytest.raises(InvalidPack) as caught:
        faults.raise_any()
    return caught.value.faults


def test_one_fault_reads_as_ever_and_several_as_one_line() -> None:
    assert str(InvalidPack("tones/pack.toml: name: is missing")) == "tones/pack.toml: name: is missing"
    several = InvalidPack("tones/pack.toml: name: is missing", "tones/taxa.csv: line 2: code: is empty")
    assert str(several) == "tones/pack.toml: name: is missing; tones/taxa.csv: line 2: code: is empty"
    assert pickle.loads(pickle.dumps(several)).faults == several.faults  # noqa: S301 - made in the line above


def test_nothing_is_raised_without_a_fault() -> None:
    faults = Faults()
    assert faults.attempt(lambda: 3) == 3
    faults.raise_any()
    assert not faults


def test_the_faults_of_all_steps_are_raised_in_their_order_and_none_twice() -> None:
    def fail(*told: str) -> None:
        raise InvalidPack(*told)

    faults = Faults()
    faults.add("b")
    assert faults.attempt(fail, "a", "b") is None
    faults.attempt(fail, "c")
    assert raised(faults) == ("b", "a", "c")


def test_only_the_first_faults_are_told_and_the_others_counted() -> None:
    faults = Faults()
    faults.add(*(f"fault {number}" for number in range(MOST_TOLD + 7)))
    assert raised(faults) == (*(f"fault {number}" for number in range(MOST_TOLD)), "and 7 more")
    some = Faults(1, "tones/taxa.csv: ")
    some.add("one", "two", "three")
    assert raised(some) == ("one", "tones/taxa.csv: and 2 more")
