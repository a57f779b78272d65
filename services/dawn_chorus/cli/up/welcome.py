"""What `chorus up` says once it is up."""

import shlex

from dawn_chorus.cli.output import print_note
from dawn_chorus.cli.settings import CliSettings


def print_welcome(url: str, settings: CliSettings) -> None:
    """Say where the service is, and how to begin with it, in lines that a shell takes."""
    print_note(
        f"\nDawn Chorus is up at {url} (open it in a browser; its API is described at {url}/docs).\n\n"
        f"    curl -F file=@recording.flac {url}/v1/recordings\n"
        f'    psql "$(cat {shlex.quote(str(settings.database_url_file))})"\n\n'
        f"Everything is kept in {settings.data_dir}. Ctrl-C stops the service; uploaded recordings are not lost.\n"
    )
