"""Reads the headers of large files in a bucket without fetching the files, where that goes."""

from pathlib import PurePath

from dawn_chorus.api.decoders.access import Access
from dawn_chorus.api.decoders.ranges import Allowance
from dawn_chorus.api.decoders.server import Decoders
from dawn_chorus.api.http.problems import Problem
from dawn_chorus.cage.messages import Message
from dawn_chorus.domain.errors import PermanentError, TransientError
from dawn_chorus.domain.recording import AudioFacts

HEADER_BYTES, TRIPS, MOST_S = 8 << 20, 100, 60.0
"""What reading a header may fetch: FLAC and Ogg are read through, for another recording may follow in them."""


class StoredHeaders:
    """Reads headers by ranges. One for each process of the API, used from one event loop."""

    def __init__(self, access: Access, decoders: Decoders) -> None:
        self._access, self._decoders = access, decoders

    async def read_by_ranges(self, key: str, filename: str) -> AudioFacts | None:
        """Return the facts in the header of a file in a bucket; None where it is to be read as a local file.

        That is in a folder, and where the header takes more of the file than some MiB. Raises Problem as
        `Decoders.read_header` does, PermanentError for an unknown key, and TransientError.
        """
        size_bytes = await self._access.measure_in_bucket(key)
        if size_bytes is None:
            return None
        allowance = Allowance(HEADER_BYTES, TRIPS, MOST_S, 0)
        # The child is told of no limit: it meets that of this side, which is then known here.
        request: Message = {"name": PurePath(key).name, "size": size_bytes, "version": (0, 0), "most_bytes": 1 << 62}
        try:
            async with self._access.open_ranges(key, allowance) as socket:
                return await self._decoders.read_lent_header(socket, request, filename)
        except (Problem, TransientError, PermanentError):
            if allowance.error is None:
                raise
            return None
