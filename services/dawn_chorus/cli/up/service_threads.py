"""Runs each part of the embedded service on its own thread, and reports when one ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread

from dawn_chorus.adapters.logs import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the service: `run` blocks until `stop` is called from another thread."""

    name: str
    run: Callable[[], object]
    stop: Callable[[], object]

    @contextmanager
    def running(self, ended: "SimpleQueue[str]") -> Iterator[None]:
        """Run the part on a thread during the context; its name is put into `ended` when it ends."""
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
        except Exception:  # the thread's outermost frame: any error must stop the service
            log.exception("service part failed, the service stops", part=self.name)
        finally:
            ended.put(self.name)
