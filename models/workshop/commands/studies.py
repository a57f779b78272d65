"""The commands that generate recordings, and those that repeat the studies of models/README.md."""

from pathlib import Path
from typing import Annotated

import typer

from models.workshop.commands.options import NewPack, Seed, Threads, example, numbers

Work = Annotated[
    Path,
    typer.Option(metavar="FOLDER", help="For recordings, checkpoints and packs; a killed run is resumed from it.",
                 file_okay=False),
]  # fmt: skip


def register(app: typer.Typer) -> None:
    app.command(
        epilog=example(
            "synthesize --out world",
            closing="Then `rounds` with world/manifest.csv: fold 0 is for training, 1 for validation, 2 for tests.",
        )
    )(synthesize)
    app.command(epilog=example("ablation --work runs/ablation --jobs 2"))(ablation)
    app.command(
        "real-recordings",
        epilog=example("real-recordings recordings --work runs/real --birdnet packs/birdnet"),
    )(real_recordings)
    app.command(
        "embedding-study",
        epilog=example("embedding-study recordings --work runs/many --birdnet packs/birdnet"),
    )(embedding_study)
    app.command(
        "mix-scenes",
        epilog=example(
            "mix-scenes recordings --out scenes",
            "score-events scenes/report --pack birdnet=packs/birdnet",
            closing="Choose on scenes/choose, report scenes/report: they have no recording in common.",
        ),
    )(mix_scenes)
    app.command("synthetic-pack", epilog=example("synthetic-pack --work runs/synthetic --out packs/synthetic"))(
        synthetic_pack
    )


def synthesize(
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Folder for audio, manifest.csv, taxa.csv and events.csv.",
            file_okay=False,
        ),
    ],
    *,
    seed: Seed = 0,
    soundscapes: Annotated[
        int, typer.Option(metavar="N", min=0, help="Number of unlabeled one-minute soundscapes.")
    ] = 40,
) -> None:
    """Generate recordings of twelve invented taxa, with known truth."""
    from models.workshop.synthetic.world import WorldSize, make_world

    typer.echo(make_world(out, seed=seed, size=WorldSize(soundscapes=soundscapes)))


def synthetic_pack(out: NewPack, *, work: Work, threads: Threads = 1) -> None:
    """Rebuild the pack `synthetic` and measure it."""
    import torch

    from models.workshop.synthetic.pack import build_synthetic_pack

    torch.set_num_threads(threads)
    typer.echo(build_synthetic_pack(work, out))


def ablation(
    work: Work,
    *,
    seeds: Annotated[
        str, typer.Option(metavar="N,N,…", help="One world for each; each takes a core about eight minutes.")
    ] = "0,1,2,3,4,5,6,7,8,9",
    jobs: Annotated[
        int, typer.Option(metavar="N", min=1, help="Worlds at once, each in a process with one thread.")
    ] = 1,
) -> None:
    """Measure what each trick gains, in synthetic worlds."""
    import torch

    from models.workshop.studies.ablation.study import Ablation, run_ablation

    torch.set_num_threads(1)
    wanted = list(dict.fromkeys(int(seed) for seed in numbers(seeds, "--seeds")))
    if not wanted or min(wanted) < 0:
        raise typer.BadParameter("name at least one world, like 0", param_hint="--seeds")
    typer.echo(run_ablation(Ablation(work), wanted, jobs=jobs))


def real_recordings(
    audio: Annotated[
        Path, typer.Argument(help="Folder with index.csv and strong_labels.csv.", exists=True, file_okay=False)
    ],
    work: Work,
    birdnet: Annotated[
        Path, typer.Option(metavar="FOLDER", help="The pack `birdnet` to compare with.", exists=True, file_okay=False)
    ],
    *,
    recipe: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The recipe; default: small.toml.", exists=True, dir_okay=False),
    ] = None,
    seed: Seed = 0,
    threads: Threads = 1,
) -> None:
    """Train on real recordings and compare with BirdNET."""
    import torch

    from models.workshop.studies.real_recordings.study import SMALL, StudyOptions, run_study

    torch.set_num_threads(threads)
    typer.echo(run_study(work, StudyOptions(audio, birdnet, recipe or SMALL, seed=seed)))


def embedding_study(
    audio: Annotated[Path, typer.Argument(help="Folder with index.csv.", exists=True, file_okay=False)],
    work: Work,
    birdnet: Annotated[Path, typer.Option(metavar="FOLDER", help="The pack `birdnet`.", exists=True, file_okay=False)],
    *,
    worlds: Annotated[
        int, typer.Option(metavar="N", min=2, help="Reported worlds; more join those of an earlier run.")
    ] = 100,
    choosing: Annotated[int, typer.Option(metavar="N", min=2, help="Worlds on which all settings are chosen.")] = 40,
    seed: Seed = 0,
    threads: Threads = 1,
) -> None:
    """Measure what pseudo-labels gain on frozen BirdNET embeddings.

    A world takes a core 20 seconds once; its embeddings are kept in the work folder.
    """
    import torch

    from models.workshop.studies.embeddings.bank import BankOptions
    from models.workshop.studies.embeddings.study import run_embedding_study

    torch.set_num_threads(threads)
    options = BankOptions(audio, birdnet, choosing, worlds, seed=seed, threads=threads)
    typer.echo(run_embedding_study(work, options))


def mix_scenes(
    audio: Annotated[
        Path, typer.Argument(help="Folder with index.csv and strong_labels.csv.", exists=True, file_okay=False)
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="For the folders choose and report.")],
    *,
    scenes: Annotated[int, typer.Option(metavar="N", min=1, help="Scenes of 20 s in each of the two folders.")] = 60,
    seed: Seed = 0,
) -> None:
    """Mix birds' phrases into noise, at known times, for `score-events`."""
    from models.workshop.studies.scenes import mix_scenes as mix

    mixed = mix(audio, out, n_scenes=scenes, seed=seed)
    with typer.progressbar(mixed, 2 * scenes, "scenes", file=typer.get_text_stream("stderr")) as written:
        for _ in written:
            pass
    typer.echo(f"{out / 'choose'}\n{out / 'report'}")
