"""A worker that says that it is there, and works whether or not it can say so."""

from threading import Event

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.worker.presence import announced

PATIENCE_S = 30


class Book:
    """A presence that is written down in a list; for the first `failing` times it cannot."""

    def __init__(self, failing: int = 0, enough: int = 1) -> None:
        self.said: list[str] = []
        self.failing, self._enough = failing, enough
        self.has_enough = Event()

    def note(self) -> None:
        if self.failing:
            self.failing -= 1
            raise PermanentError("the schema is not complete")
        self.said.append("here")
        if len(self.said) >= self._enough:
            self.has_enough.set()

    def forget(self) -> None:
        self.said.append("gone")


def test_it_is_noted_again_and_again_and_forgotten_at_the_end() -> None:
    book = Book(enough=3)
    with announced(book, every_s=0.001):
        assert book.has_enough.wait(PATIENCE_S)
    assert book.said[:3] == ["here"] * 3
    assert book.said[-1] == "gone"
    assert book.said.count("gone") == 1


def test_before_the_migration_it_is_tried_again() -> None:
    book = Book(failing=2)
    with announced(book, every_s=0.001):
        assert book.has_enough.wait(PATIENCE_S)
    assert book.failing == 0


def test_a_worker_that_cannot_say_that_it_goes_ends_all_the_same() -> None:
    class Away(Book):
        def forget(self) -> None:
            raise PermanentError("the schema is not complete")

    book = Away()
    with announced(book):
        assert book.has_enough.wait(PATIENCE_S)
