"""What `chorus up` says once it is up."""

import shlex

from dawn_chorus.cli.output import print_note
from dawn_chorus.cli.settings import CliSettings, load_settings


def print_welcome(url: str, settings: CliSettings) -> None:
    """Print where the service is, and how to begin with it, in lines that a shell takes."""
    print_note(
        f"\nDawn Chorus is up at {url} (open it in a browser; its API is described at {url}/docs).\n\n"
        f"    curl -F file=@recording.flac {url}/v1/recordings\n"
        f'    psql "$(cat {shlex.quote(str(settings.database_url_file))})"\n\n'
        f"{_how_others_find_it(url, settings)}"
        f"Everything is kept in {settings.data_dir}. Ctrl-C stops the service; uploaded recordings are not lost.\n"
    )


def _how_others_find_it(url: str, settings: CliSettings) -> str:
    """Return the line that leads other commands here, where options of this one lead elsewhere than their defaults."""
    usual = load_settings()
    choices = {
        "CHORUS_DATA_DIR": (str(settings.data_dir.absolute()), str(usual.data_dir.absolute())),
        "CHORUS_DEFAULT_PACK": (settings.default_pack, usual.default_pack),
        "CHORUS_URL": (url, usual.url),
    }
    words = [f"{name}={shlex.quote(ours)}" for name, (ours, theirs) in choices.items() if ours != theirs]
    if not words:
        return ""
    commands = "`chorus doctor`, `chorus keys create NAME`, `chorus status`"
    return f"In another terminal, for {commands} and all others:\n\n    export {' '.join(words)}\n\n"
