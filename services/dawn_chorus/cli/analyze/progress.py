"""The progress bar of a batch."""

import time
from collections.abc import Iterable, Iterator

from dawn_chorus.cli.analyze.segments import AnalyzedSegment, OpenedFile, RefusedFile, Step
from dawn_chorus.cli.output import progress_bar
from dawn_chorus.domain.names import displayed


def watch_steps(steps: Iterable[Step], n_files: int) -> Iterator[Step]:
    """Yield the steps and advance a bar. All files count the same: their lengths are unknown until they are opened."""
    started, analyzed_s = time.monotonic(), 0.0
    with progress_bar() as progress:
        task = progress.add_task("", total=n_files, rate="")
        for step in steps:
            match step:
                case OpenedFile(source=source):
                    progress.update(task, description=displayed(source.path.name))
                case RefusedFile():
                    progress.advance(task)
                case AnalyzedSegment(file=file, segment=segment):
                    analyzed_s += segment.duration_s
                    rate = f"{analyzed_s / (time.monotonic() - started):.0f}× real time"
                    progress.update(task, advance=segment.duration_s / file.duration_s, rate=rate)
            yield step
