"""Closes connections whose request does not come: uvicorn waits for the rest of a half-sent header for ever."""

from asyncio import TimerHandle, Transport

import h11

from dawn_chorus.api.http.h11_protocol import ProblemProtocol
from dawn_chorus.api.http.problems import HEADERS_LATE, Problem


class PunctualProtocol(ProblemProtocol):
    """One connection. Its first headers are whole `header_timeout_s` after it was opened, or it is closed.

    Those of later requests have as long from their first byte.
    Between two requests uvicorn's own limit counts, that of an idle connection.
    """

    header_timeout_s = 10.0
    _timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_header()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Let the time run while a part of a header is here, and not again from its beginning for every byte."""
        if self.conn.their_state is not h11.IDLE or not self.conn.trailing_data[0]:
            self._cancel()
        elif self._timer is None:
            self._expect_header()

    def _expect_header(self) -> None:
        self._timer = self.loop.call_later(self.header_timeout_s, self._give_up)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if self.conn.trailing_data[0]:
            detail = f"The headers of this request did not end within {self.header_timeout_s:g} s; send it again"
            self._send_problem(Problem(HEADERS_LATE, detail))
        self.transport.close()
