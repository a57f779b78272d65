"""The work: whether somebody does it, what was given up, and who may ask for more."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dawn_chorus.cli.doctor.checks.database import why_no_database
from dawn_chorus.cli.doctor.checks.sizes import format_age
from dawn_chorus.cli.doctor.findings import Finding, ok, skipped, warning, wrong
from dawn_chorus.cli.doctor.installation import WAIT_S, Form, Installation
from dawn_chorus.domain.errors import PermanentError, TransientError

if TYPE_CHECKING:
    from dawn_chorus.adapters.postgres.inspection import WorkFacts


def look_at_work(installation: Installation) -> Sequence[Finding]:
    url = installation.database_url
    if url is None:
        return [skipped("work", why_no_database(installation))]
    from dawn_chorus.adapters.postgres.inspection import inspect_work

    try:
        facts = inspect_work(url, wait_s=WAIT_S)
    except TransientError:
        return [skipped("work", "the database does not answer")]
    except PermanentError as error:
        return [skipped("work", str(error))]
    return [
        *_judge_workers(installation, facts),
        *_judge_letters(installation, facts),
        *_judge_keys(installation, facts),
    ]


def _judge_workers(installation: Installation, facts: "WorkFacts") -> Iterator[Finding]:
    waiting = facts.waiting
    left = f"segments waiting: {waiting.waiting_segments}, running: {waiting.running_segments}"
    start = "`docker compose ps --all worker`, then its logs"
    if installation.form is Form.EMBEDDED:
        start = f"start `{installation.command('chorus up')}` again"
    if waiting.workers == 0 and waiting.waiting_segments:
        yield wrong("work", f"no worker is there ({left}): {start}")
    elif waiting.workers == 0:
        yield warning("work", f"no worker is there; nothing waits for one: {start}")
    else:
        count = "some, of an older version" if waiting.workers is None else waiting.workers
        yield ok("work", f"workers: {count}; {left}")
    for name, silent_s in facts.silent_workers:
        yield warning(
            "work",
            f"worker {name} was last heard of {format_age(silent_s)} ago: was it killed, by lack of memory perhaps?",
        )


def _judge_letters(installation: Installation, facts: "WorkFacts") -> Iterator[Finding]:
    if facts.dead_letters:
        show = installation.command("chorus dead-letters list")
        yield warning("work", f"dead letters wait for somebody to look at them: {facts.dead_letters} (`{show}`)")


def _judge_keys(installation: Installation, facts: "WorkFacts") -> Iterator[Finding]:
    if installation.form is Form.SERVERS and not facts.keys:
        yield warning("work", "there are no API keys, so nobody can get in: `chorus keys create NAME --scope admin`")
