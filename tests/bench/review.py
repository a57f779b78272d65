"""How long PostgreSQL works for review and what comes of it, at ten million detections and 180,000 reviews.

Server execution of all statements of one request together, warm, by EXPLAIN of what the API runs: the median and the
least of seven runs, and the least CPU time of the server's process, which others on the machine disturb least. All
plans are written into `review_plans.txt`. The filled cluster takes 7 GB and some minutes: `python -m tests.bench review
--keep DIR` keeps it in a folder for the next time, `--at URL` asks a server that runs already.
"""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from dawn_chorus.adapters.postgres.database import Database
from tests.bench.explained import Answered, answer
from tests.bench.kept_corpus import filled_database
from tests.bench.overview_questions import overview_questions
from tests.bench.queue_questions import queue_questions
from tests.bench.reviewed_questions import reviewed_questions
from tests.bench.settings import BenchSettings
from tests.bench.trust_questions import precision_questions, threshold_questions

QUESTIONS = (
    queue_questions,
    overview_questions,
    precision_questions,
    threshold_questions,
    reviewed_questions,
)
"""Each returns questions; whoever adds to what is asked adds a function here."""


def measure(settings: BenchSettings, console: Console) -> dict[str, Any]:
    """Ask all questions; print what each takes, and return it."""
    with (
        filled_database(settings, console) as url,
        Database(url).connect() as connection,
    ):
        found = [answer(connection, question) for questions in QUESTIONS for question in questions(connection)]
    console.print(_table(found))
    over = [each.name for each in found if each.ms > each.goal_ms]
    console.print(f"{len(found)} questions, {len(over)} over their goal: {'; '.join(over) or 'none'}")
    plans = "\n\n".join(f"=== {each.name}: {each.ms:.2f} ms\n{each.plans}" for each in found)
    (settings.bench_out / "review_plans.txt").write_text(plans)
    return {"questions": [{name: value for name, value in asdict(each).items() if name != "plans"} for each in found]}


def _table(found: list[Answered]) -> Table:
    columns = ("", "items", "statements", "planning ms", "median ms", "CPU ms", "least ms", "goal")
    table = Table(*columns, title="review")
    for each in found:
        ms = f"{each.ms:.2f}" + (" over" if each.ms > each.goal_ms else "")
        cpu_ms = "" if each.cpu_ms is None else f"{each.cpu_ms:.1f}"
        numbers = (str(each.items), str(each.statements), f"{each.planning_ms:.1f}", f"{each.median_ms:.2f}", cpu_ms)
        table.add_row(each.name, *numbers, ms, f"{each.goal_ms:g}")
    return table
