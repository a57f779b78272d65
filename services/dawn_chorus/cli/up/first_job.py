"""The first job of `chorus up --first`: uploads a recording, waits for its analysis and draws its timeline."""

from dataclasses import dataclass
from pathlib import Path

from dawn_chorus.cli.client.commands import connect
from dawn_chorus.cli.client.views import answering_analysis, follow, show_timeline
from dawn_chorus.cli.output import print_error, print_note
from dawn_chorus.domain.errors import ChorusError


@dataclass(frozen=True, slots=True)
class FirstJob:
    """The recording to analyze first."""

    path: Path
    recorded_at: str | None


def run_first_job(url: str, job: FirstJob) -> None:
    """Upload the recording, wait for its analysis and draw its timeline; if it was analyzed before, only draw it."""
    try:
        client = connect(url, None)
        recording = client.upload(job.path, {"recorded_at": job.recorded_at})
        print_note(f"analyzing {job.path}")
        analysis = answering_analysis(recording)
        follow(client.analysis, [(recording, analysis)] if analysis else [])
        show_timeline(client, recording["id"], [])
        print_note(f"look and listen: {url}/recordings/{recording['id']}")
    except (ChorusError, OSError) as error:
        print_error(f"--first {job.path}: {error}")
