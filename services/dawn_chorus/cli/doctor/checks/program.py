"""What runs here, and in which form: the first thing that whoever helps will ask."""

import platform
from collections.abc import Sequence
from importlib.metadata import version

from dawn_chorus.cli.doctor.findings import Finding, ok
from dawn_chorus.cli.doctor.installation import Form, Installation


def look_at_program(installation: Installation) -> Sequence[Finding]:
    settings = installation.settings
    where = {
        Form.SERVERS: "with the servers that CHORUS_… variables name",
        Form.EMBEDDED: f"as the service of {settings.data_dir}",
        Form.ALONE: f"as a command line: no service was started in {settings.data_dir} yet",
    }[installation.form]
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return [ok("program", f"Dawn Chorus {version('dawn-chorus')} on {machine}, {where}")]
