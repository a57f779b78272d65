"""Shows findings: aligned lines for people, one document for programs."""

from collections.abc import Sequence
from importlib.metadata import version

import typer

from dawn_chorus.cli.doctor.findings import Finding, Level
from dawn_chorus.cli.output import print_note, show_json

_MARKS = {Level.OK: "ok", Level.WARNING: "warn", Level.WRONG: "WRONG", Level.SKIPPED: "--"}
_COLORS = {Level.WARNING: typer.colors.YELLOW, Level.WRONG: typer.colors.RED}


def show_findings(findings: Sequence[Finding], *, as_json: bool) -> None:
    if as_json:
        show_json(
            {
                "version": version("dawn-chorus"),
                "well": is_well(findings),
                "findings": [
                    {"check": finding.check, "level": str(finding.level), "text": finding.text} for finding in findings
                ],
            }
        )
        return
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        line = f"{_MARKS[finding.level]:<5}  {finding.check:<{width}}  {finding.text}"
        typer.secho(line, fg=_COLORS.get(finding.level), dim=finding.level is Level.SKIPPED or None)
    print_note(_sum_up(findings))


def is_well(findings: Sequence[Finding]) -> bool:
    """Return whether nothing is wrong; warnings and what was not looked at do not count."""
    return all(finding.level is not Level.WRONG for finding in findings)


def _sum_up(findings: Sequence[Finding]) -> str:
    n_wrong = sum(finding.level is Level.WRONG for finding in findings)
    n_warnings = sum(finding.level is Level.WARNING for finding in findings)
    if not n_wrong:
        return f"nothing is wrong; warnings: {n_warnings}" if n_warnings else "all is well"
    return f"wrong: {n_wrong}; warnings: {n_warnings}"
