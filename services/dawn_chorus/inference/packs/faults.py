"""Collects what is wrong with a pack, so that its owner reads all of it in one go."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from dawn_chorus.domain.errors import InvalidPack

MOST_TOLD = 50
"""Of a whole pack: whoever has more mends these first."""

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Faults:
    """The faults of a pack, or of one of its files, in the order in which it is read; none of them twice."""

    def __init__(self, most: int = MOST_TOLD, where: str = "") -> None:
        """`most`: how many are kept, the others are counted; `where`: what the line with their number begins with."""
        self._most, self._where = most, where
        self._told: dict[str, None] = {}
        self._n_more = 0

    def __bool__(self) -> bool:
        return bool(self._told)

    @property
    def n_found(self) -> int:
        return len(self._told) + self._n_more

    def add(self, *faults: str) -> None:
        for fault in faults:
            if fault in self._told:
                continue
            if len(self._told) < self._most:
                self._told[fault] = None
            else:
                self._n_more += 1

    def attempt(
        self, step: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result | None:
        """Return what a step returns, or None after adding the faults for which it raised InvalidPack."""
        try:
            return step(*args, **kwargs)
        except InvalidPack as error:
            self.add(*error.faults)
            return None

    def holds(self, check: Callable[Arguments, None], *args: Arguments.args, **kwargs: Arguments.kwargs) -> bool:
        """Return whether a check passes, after adding the faults for which it raised InvalidPack."""
        try:
            check(*args, **kwargs)
        except InvalidPack as error:
            self.add(*error.faults)
            return False
        return True

    def lines(self) -> tuple[str, ...]:
        """Return the faults that are told, and how many more there are."""
        return (*self._told, *([f"{self._where}and {self._n_more} more"] if self._n_more else []))

    def raise_any(self) -> None:
        """Raise InvalidPack with all faults, if there are any."""
        if self._told:
            raise InvalidPack(*self.lines())
