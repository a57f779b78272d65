"""The bytes of a file that lies in a bucket, for a process without network: whoever lent it fetches them.

Libraries swallow errors of the files that they read: they return fewer samples, or take a failed read for the end. So
the first error is kept, and whoever used the file asks for it behind that (`check`).
"""

from collections import OrderedDict

from dawn_chorus.cage.messages import Hangup
from dawn_chorus.cage.ranges import AWAY, OVER_BUDGET, ask_range, may_read_whole
from dawn_chorus.domain.errors import TransientError

BLOCK_BYTES = 256 << 10
MOST_AHEAD = 4
"""Blocks in one request: so many when reading goes on and on, 1 MiB."""
MOST_KEPT = 64
"""Blocks in memory, 16 MiB: decoders come back to the start and the end of a file."""
REASONS = {
    AWAY: "the store of recordings does not answer: ask again",
    OVER_BUDGET: "reading this stretch takes more of the file than is fetched at once: ask again later",
}


class RemoteFile:
    """The bytes of one file, by position. Not thread-safe."""

    def __init__(self, descriptor: int, size: int, most_bytes: int) -> None:
        """`descriptor`: a socket whose other side answers as `cage.ranges` says, `most_bytes` in all at first."""
        self._descriptor, self._size = descriptor, size
        self._left: int | None = most_bytes
        self.is_too_much = False
        """Whether more than that was to be read: only the whole file leads to what is wanted, if anything does."""
        self._blocks: OrderedDict[int, memoryview] = OrderedDict()
        self._ahead, self._next_miss = 1, -1
        self._error: TransientError | None = None

    def read_into(self, view: memoryview, position: int) -> int:
        """Fill the view from a position on; return how many bytes there are. Raises TransientError.

        After an error nothing can be read any more.
        """
        filled = 0
        while filled < len(view) and position < self._size:
            block = self._block(position // BLOCK_BYTES)
            part = block[position % BLOCK_BYTES :][: len(view) - filled]
            view[filled : filled + len(part)] = part
            filled += len(part)
            position += len(part)
        return filled

    @property
    def has_failed(self) -> bool:
        return self._error is not None

    def check(self) -> None:
        """Raise the error of any read of this file: what was decoded since then may be too short."""
        if self._error is not None:
            raise self._error

    def ask_for_whole(self) -> None:
        """Ask for the file from its first byte to its last, and go on after what was too much.

        Raises TransientError if it has to be fetched first.
        """
        if not self.is_too_much:
            self.check()
        self._error, self.is_too_much, self._left = None, False, None
        try:
            if may_read_whole(self._descriptor):
                return
        except Hangup as error:
            raise self._failed(f"the store of recordings does not answer: {error}") from error
        raise self._failed("this file has to be fetched whole first: ask again")

    def _block(self, number: int) -> memoryview:
        if number in self._blocks:
            self._blocks.move_to_end(number)
        else:
            self._fetch(number)
        return self._blocks[number]

    def _fetch(self, number: int) -> None:
        """Fetch a block, and some behind it if reading goes on where it was."""
        self.check()
        self._ahead = min(MOST_AHEAD, 2 * self._ahead) if number == self._next_miss else 1
        wanted = [number]
        while len(wanted) < self._ahead and wanted[-1] + 1 not in self._blocks:
            wanted.append(wanted[-1] + 1)
        start, end = number * BLOCK_BYTES, min(self._size, (wanted[-1] + 1) * BLOCK_BYTES)
        self._spend(end - start)
        fetched = memoryview(bytearray(end - start))
        try:
            count = ask_range(self._descriptor, start, fetched)
        except Hangup as error:
            raise self._failed(f"the store of recordings does not answer: {error}") from error
        if count != len(fetched):
            raise self._failed(REASONS.get(count, "the stored file is shorter than it was: ask again"))
        for begin in range(0, len(fetched), BLOCK_BYTES):
            self._blocks[number + begin // BLOCK_BYTES] = fetched[begin : begin + BLOCK_BYTES]
        self._next_miss = number + -(-len(fetched) // BLOCK_BYTES)
        while len(self._blocks) > MOST_KEPT:
            self._blocks.popitem(last=False)

    def _spend(self, count: int) -> None:
        if self._left is None:
            return
        self._left -= count
        if self._left < 0:
            self.is_too_much = True
            raise self._failed(REASONS[OVER_BUDGET])

    def _failed(self, reason: str) -> TransientError:
        self._error = self._error or TransientError(reason)
        return self._error
