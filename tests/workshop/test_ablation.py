"""The study `ablation` in a tiny world: its steps, and a second run that trains nothing."""

from pathlib import Path

import pytest

from models.workshop.studies import ablation
from models.workshop.studies.ablation import draw_table, run_ablation
from tests.workshop.conftest import TINY

pytestmark = pytest.mark.timeout(1800)  # eleven networks are trained and exported, fourteen ensembles measured


@pytest.fixture(scope="module")
def finished(tiny_recipes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    work_dir = tmp_path_factory.mktemp("ablation")
    with pytest.MonkeyPatch.context() as smaller:
        smaller.setattr(ablation, "WORLD", TINY)
        smaller.setattr(ablation, "RECIPES", tiny_recipes)
        run_ablation(work_dir, [3])
    return work_dir


def test_every_trick_of_both_winners_has_a_step(finished: Path) -> None:
    _, _, *rows = (finished / "ablation.md").read_text().splitlines()
    names = [row.split("|")[1].strip() for row in rows]
    assert names == [
        "1st: baseline, true labels only", "1st: + pseudo-labels, round 1", "1st: round 2, with power",
        "1st: round 2, without power", "1st: baseline, true labels only, trained twice as long",
        "1st: + pseudo-labels, round 1, trained twice as long", "1st: ensemble of three",
        "1st: + specialist for frogs and insects", "1st: + shifts of ±2.5 s", "1st: + smoothing over windows",
        "2nd: baseline, true labels only", "2nd: hard pseudo-labels, round 1", "2nd: hard pseudo-labels, round 2",
        "2nd: + shifts of ±2.5 s",
    ]  # fmt: skip


def test_a_second_run_uses_the_results_of_the_first(
    finished: Path, tiny_recipes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ablation, "RECIPES", tiny_recipes)
    before = {
        path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file() and path.name != "ablation.md"
    }
    table = run_ablation(finished, [3])
    assert table == (finished / "ablation.md").read_text()
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_the_table_gives_means_and_the_deviation_between_seeds() -> None:
    rows = [{"name": "one", "macro_auroc": 0.5 + n, "cmap": 0.5, "event_f1": 0.5, "psds": 0.5} for n in (0.1, 0.3)]
    assert draw_table([[rows[0]], [rows[1]]]).splitlines()[-1] == (
        "| one | 0.700 ± 0.141 | 0.500 ± 0.000 | 0.500 ± 0.000 | 0.500 ± 0.000 |"
    )
