"""The options of `chorus doctor`."""

from pathlib import Path
from typing import Annotated

import typer


def doctor(
    *,
    data_dir: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Look at the service that `chorus up --data-dir DIR` runs."),
    ] = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where the service is; default: CHORUS_URL, or port 8000 here.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print what is wrong with this installation: packs, database, broker, store, disk, clock, ports, alerts.

    One line each, within 20 seconds; nothing is changed. What is not there, or cannot be reached from here, is said to
    be not looked at. The exit code is 1 if something is wrong, and 0 with warnings.
    """
    import logging

    from dawn_chorus.cli.doctor.examination import examine
    from dawn_chorus.cli.doctor.findings import wrong
    from dawn_chorus.cli.doctor.installation import find_installation
    from dawn_chorus.cli.doctor.report import is_well, show_findings
    from dawn_chorus.cli.settings import load_settings
    from dawn_chorus.domain.errors import PermanentError

    logging.disable(logging.CRITICAL)  # what libraries complain about is what the findings say
    try:
        settings = load_settings(data_dir=data_dir, url=url)
    except PermanentError as error:
        findings = [wrong("settings", f"{error}: nothing else was looked at")]
    else:
        findings = examine(find_installation(settings, of_folder=data_dir is not None))
    show_findings(findings, as_json=as_json)
    if not is_well(findings):
        raise typer.Exit(1)
