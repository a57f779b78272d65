"""The audio store: whether a recording can be written there, read and removed."""

from collections.abc import Sequence

from dawn_chorus.cli.doctor.findings import Finding, ok, skipped, wrong
from dawn_chorus.cli.doctor.installation import Form, Installation
from dawn_chorus.domain.errors import ChorusError


def look_at_store(installation: Installation) -> Sequence[Finding]:
    """Write six bytes, read and remove them, as `/health/ready` does every few seconds."""
    url, folder = installation.store_url, installation.store_folder
    if url is None:
        why = "CHORUS_STORE_URL is not set" if installation.form is Form.SERVERS else "no service keeps recordings here"
        return [skipped("store", why)]
    if folder is not None and not folder.is_dir():  # opening the store would make it
        return [wrong("store", f"there is no folder {folder}: mount the volume, or mend CHORUS_STORE_URL")]
    from dawn_chorus.adapters.audio_store import open_audio_store

    place = str(folder) if folder is not None else url.partition("?")[0]
    try:
        open_audio_store(url).check()
    except ChorusError as error:
        return [wrong("store", f"{place}: {error}; {_advise(str(error), is_folder=folder is not None)}")]
    return [ok("store", f"{place}: written, read and removed")]


def _advise(message: str, *, is_folder: bool) -> str:
    if "No space left" in message:
        return "make room: `chorus retention --audio-days 90`, or a larger volume"
    if is_folder:
        return "may this user write there, and is the volume mounted?"
    return "is the server up, are bucket and keys in CHORUS_STORE_URL right?"
