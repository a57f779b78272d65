"""Parts of the embedded service: each on a thread of its own, and the end of one is the end of all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread

from dawn_chorus.adapters.logs import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Part:
    """Something that runs on a thread of its own until it is told to stop."""

    name: str
    run: Callable[[], object]
    stop: Callable[[], object]

    @contextmanager
    def running(self, ended: "SimpleQueue[str]") -> Iterator[None]:
        thread = Thread(target=self._run, args=(ended,), name=self.name, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.stop()
            thread.join()

    def _run(self, ended: "SimpleQueue[str]") -> None:
        try:
            self.run()
        except Exception:  # the thread's end must be told, whatever it was
            log.exception("a part of the service died", part=self.name)
        finally:
            ended.put(self.name)
