"""Embeds worlds, each once: a world is a file in the work folder, and a killed run resumes after the last one."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich import progress as bars

from models.workshop.data.audio import load_clip
from models.workshop.data.whole_file import written_whole
from models.workshop.studies.embeddings.embedder import Embedder
from models.workshop.studies.embeddings.voices import read_pools
from models.workshop.studies.embeddings.world import Roles, WorldSize, WorldSounds, draw_roles

Matrix = NDArray[np.float32]
Indices = NDArray[np.int64]

WORKSHOP = Path(__file__).parents[2]
MAKERS = (
    *(f"studies/embeddings/{name}.py" for name in ("bank", "embedder", "voices", "world")),
    "data/audio.py",
    "training/crops.py",
    "training/mixing.py",
)
"""The code that makes worlds: with other code they are other worlds."""


@dataclass(frozen=True)
class Bank:
    """Worlds of the same size, stacked: the first axis of every array is the world."""

    focal: Matrix
    """(n_worlds, n_focal, n_features), like all embeddings"""
    focal_taxon: Indices
    focal_individual: Indices
    """Its number among the taxon's focal individuals."""
    others: Matrix
    """Clips of the individuals that sing in the unlabeled soundscapes; only a stronger teacher learns from them."""
    others_taxon: Indices
    unlabeled: Matrix
    unlabeled_truth: Matrix
    """(n_worlds, n_unlabeled, n_taxa), 0 or 1"""
    mixed: Matrix
    mixed_taxon: Indices
    """Of the focal clip."""
    mixed_soundscape: Indices
    """Which unlabeled soundscape is mixed in."""
    test: Matrix
    test_truth: Matrix
    taxa: NDArray[np.str_]
    """(n_worlds, n_taxa)"""

    @property
    def n_taxa(self) -> int:
        return self.test_truth.shape[-1]

    @property
    def n_worlds(self) -> int:
        return len(self.test)


@dataclass(frozen=True, slots=True)
class BankOptions:
    """What worlds are made of, and how many there are."""

    audio_dir: Path
    """Holds index.csv."""
    birdnet: Path
    """The folder of the pack."""
    n_choosing: int
    n_reported: int
    size: WorldSize = field(default_factory=WorldSize)
    seed: int = 0
    threads: int = 1


def load_banks(work_dir: Path, options: BankOptions) -> tuple[Bank, Bank]:
    """Return the worlds for choosing and those that are reported, made now or by an earlier run; shows progress."""
    pools = read_pools(options.audio_dir)
    folder = work_dir / f"worlds-{_key(options)}"
    counts = (options.n_choosing, options.n_reported)
    columns = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.MofNCompleteColumn())
    with bars.Progress(*columns, bars.TimeRemainingColumn(), transient=True) as progress:
        bar = progress.add_task("worlds", total=sum(counts))
        embedder = Embedder(options.birdnet, options.threads)
        folder.mkdir(parents=True, exist_ok=True)
        banks = []
        for number, (pool, count) in enumerate(zip(pools, counts, strict=True)):
            worlds = []
            for world in range(count):
                rng = np.random.default_rng((options.seed, number, world))
                roles = draw_roles(pool, options.size.taxa, rng)
                path = folder / f"{('choosing', 'reported')[number]}-{world:03}.npz"
                if not path.exists():
                    _save(path, embed_world(roles, options.size, embedder, rng))
                worlds.append(dict(np.load(path)) | {"taxa": np.array(roles.taxa)})
                progress.advance(bar)
            banks.append(_stack(worlds))
    return banks[0], banks[1]


def embed_world(roles: Roles, size: WorldSize, embedder: Embedder, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the arrays of `Bank` for one world but for its taxa, without the first axis."""
    sounds = WorldSounds(size, embedder.length, lambda path: load_clip(path, embedder.sample_rate_hz), rng)
    focal, focal_taxon, focal_individual = sounds.clips(roles.focal)
    others, others_taxon, _ = sounds.clips(roles.unlabeled)
    unlabeled, unlabeled_truth = sounds.soundscapes(roles.unlabeled, roles.training_backgrounds, size.unlabeled)
    mixed, mixed_taxon, mixed_soundscape = sounds.mixtures(roles.focal, unlabeled)
    test, test_truth = sounds.soundscapes(roles.test, roles.test_backgrounds, size.test)
    waves = {"focal": focal, "others": others, "unlabeled": unlabeled, "mixed": mixed, "test": test}
    return {
        **{name: embedder.embed(windows) for name, windows in waves.items()},
        "focal_taxon": focal_taxon, "focal_individual": focal_individual, "others_taxon": others_taxon,
        "unlabeled_truth": unlabeled_truth, "test_truth": test_truth,
        "mixed_taxon": mixed_taxon, "mixed_soundscape": mixed_soundscape,
    }  # fmt: skip


def _key(options: BankOptions) -> str:
    """Return a name for all that worlds depend on, but not for their number: more worlds join those that exist."""
    parts = [(options.audio_dir / "index.csv").read_bytes(), (options.birdnet / "pack.toml").read_bytes()]
    parts += [(WORKSHOP / name).read_bytes() for name in MAKERS]
    parts.append(repr((sorted(asdict(options.size).items()), options.seed)).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:8]


def _save(path: Path, world: dict[str, np.ndarray]) -> None:
    with written_whole(path) as partial, partial.open("wb") as file:  # numpy would add .npz to another name
        np.savez(file, **world)


def _stack(worlds: Sequence[dict[str, np.ndarray]]) -> Bank:
    return Bank(**{entry.name: np.stack([world[entry.name] for world in worlds]) for entry in fields(Bank)})
