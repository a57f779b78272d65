"""The first job of `chorus up --first`: what a user would do next, done for them."""

from dataclasses import dataclass
from pathlib import Path

from dawn_chorus.cli.client.commands import connect
from dawn_chorus.cli.client.views import follow, show_timeline
from dawn_chorus.cli.output import print_error, print_note
from dawn_chorus.domain.errors import ChorusError


@dataclass(frozen=True, slots=True)
class FirstJob:
    """A recording to begin with."""

    path: Path
    recorded_at: str | None


def run_first_job(url: str, job: FirstJob) -> None:
    """Post the recording, follow it, and draw who sang when; one that was analyzed before is only drawn."""
    try:
        client = connect(url, None)
        answer = client.upload(job.path, {"recorded_at": job.recorded_at})
        print_note(f"analyzing {job.path}")
        follow(client, [answer])
        show_timeline(client, answer["id"], [])
    except (ChorusError, OSError) as error:
        print_error(f"the first job, {job.path}: {error}")
