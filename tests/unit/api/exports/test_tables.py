"""Files of rows: how far one is, and its end before that."""

import io
from collections.abc import Iterator

import pytest

from dawn_chorus.adapters.postgres.export_making import Progress
from dawn_chorus.api.exports.jobs.tables import Stopped, Table
from dawn_chorus.domain.exports.findings import Finding
from dawn_chorus.domain.exports.formats import ExportFormat
from tests.unit.adapters.exports.made_up import CONTEXT, finding, source


def test_what_is_put_in_order_first_is_seen_to_go_on() -> None:
    progress, seen = Progress(), []

    def findings() -> Iterator[Finding]:
        for number in range(3):
            seen.append(progress.done)
            yield finding(source(number, recorded_at=None if number else source().recorded_at))

    Table(progress, 1 << 20).write(ExportFormat.CAMTRAP_DP, findings(), (), CONTEXT, io.BytesIO())
    assert seen == [0, 1, 2]
    assert (progress.total, progress.done, progress.left_out) == (3, 3, 2)


def test_an_export_that_is_not_wanted_any_more_ends_while_it_is_packed() -> None:
    table = Table(Progress(), 1 << 20)

    def findings() -> Iterator[Finding]:
        yield finding(source())
        table.is_stopped = True  # after the last row

    file = io.BytesIO()
    with pytest.raises(Stopped):
        table.write(ExportFormat.CAMTRAP_DP, findings(), (), CONTEXT, file)
    assert not file.getvalue()
