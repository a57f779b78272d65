"""Compares sources on every block: from recordings and packs to tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.workshop.data.manifest import Dataset
from models.workshop.errors import BadInput
from models.workshop.evaluation.events.measures import Measured, Measuring, Values, measure_units
from models.workshop.evaluation.events.report import draw_block, draw_gains, draw_others, draw_rules, draw_taxa
from models.workshop.evaluation.events.rules import choose_rules
from models.workshop.evaluation.events.sources import Scored
from models.workshop.evaluation.events.truth import ANY_BIRD, Block, make_blocks
from models.workshop.evaluation.events.units import FEW, STRETCH_S, make_units

Sources = Mapping[str, Sequence[Scored]]
"""By name: what a source says about each of the dataset's recordings."""


@dataclass(frozen=True, slots=True)
class ComparisonOptions:
    """What to compute beside the metrics."""

    draws: int = 500
    """Resamples of the bootstrap."""
    seed: int = 0
    with_rules: bool = False
    """Choose event rules on other recordings, for packs."""
    tell: Callable[[str], None] = lambda _: None
    """Called with what is measured next."""


def known_codes(dataset: Dataset, sources: Sources) -> set[str]:
    """Return the taxa that at least one source knows."""
    return {
        code
        for column, code in enumerate(dataset.codes)
        if any(not any(np.isnan(s.frames[:, column]).any() for s in scored) for scored in sources.values())
    }


def find_blocks(dataset: Dataset, sources: Sources, packs: Sequence[str]) -> tuple[Block, ...]:
    """Return the blocks of taxa that a pack knows; intervals do not say what their program knows.

    Raises BadInput if no pack knows any of them.
    """
    known = known_codes(dataset, {name: sources[name] for name in packs})
    blocks = tuple(block for block in make_blocks(dataset, known) if known.intersection(block.codes))
    if not blocks:
        named = ", ".join(taxon.common_name for taxon in dataset.taxa if taxon != ANY_BIRD)
        raise BadInput(f"{dataset.folder}: no pack knows any of its taxa, {named}")
    return blocks


def compare(dataset: Dataset, sources: Sources, packs: Sequence[str], options: ComparisonOptions) -> str:
    """Return the tables as Markdown; `packs` are the sources whose events are cut by a rule.

    The names of all taxa that no pack knows stand at the top: they are in "any bird" only.
    """
    known = known_codes(dataset, {name: sources[name] for name in packs})
    left_out = [taxon.common_name for taxon in dataset.taxa if taxon.code not in known and taxon != ANY_BIRD]
    parts = [f"Left out, because no pack knows it: {', '.join(left_out)}.\n"] if left_out else []
    parts += [_compare_block(dataset, block, sources, packs, options) for block in find_blocks(dataset, sources, packs)]
    return "\n".join(part for part in parts if part)


def _compare_block(
    dataset: Dataset, block: Block, sources: Sources, packs: Sequence[str], options: ComparisonOptions
) -> str:
    measured: dict[str, Measured | None] = {}
    rows: list[tuple[str, int, str, Values]] = []
    for name, scored in sources.items():
        knows = known_codes(dataset, {name: scored}) & set(block.codes)
        options.tell(f"{block.title}: {name}")
        units = make_units(dataset, block, scored)
        measured[name] = measure_units(units, block.codes, draws=options.draws, seed=options.seed) if knows else None
        rows += [(code, *_measure_taxon(dataset, block, scored, code, name)) for code in block.codes if code in knows]
    parts = [_head(dataset, block, measured, options.draws), draw_block(measured), draw_gains(measured)]
    if block.codes != (ANY_BIRD.code,):
        parts.append(draw_others(block, {name: sources[name] for name in measured if measured[name]}))
    if len(block.codes) > 1:
        order = {code: position for position, code in enumerate(block.codes)}
        names = {taxon.code: taxon.common_name for taxon in dataset.taxa}
        rows.sort(key=lambda row: order[row[0]])
        parts.append(draw_taxa([(names[code], *rest) for code, *rest in rows]))
    if options.with_rules:
        parts.append(_choose(dataset, block, sources, packs, measured))
    return "\n".join(part for part in parts if part)


def _head(dataset: Dataset, block: Block, measured: Mapping[str, Measured | None], draws: int) -> str:
    n_events = sum(event.code in block.codes for clip in block.clips for event in dataset.events[clip.path])
    n_drawn = max(m.n_stretches for m in measured.values() if m)
    kind = "recordings" if len(block.clips) >= FEW else f"stretches of about {STRETCH_S:g} s"
    drawn = f"In brackets: the middle 95 % of {draws} draws of {n_drawn} {kind}."
    return (
        f"## {block.title}\n\n{n_events} events in {len(block.clips)} recordings, "
        f"{sum(clip.duration_s for clip in block.clips):.0f} s. "
        f"{drawn if n_drawn > 1 else 'No brackets: there is only one stretch to draw from.'}\n"
    )


def _measure_taxon(
    dataset: Dataset, block: Block, scored: Sequence[Scored], code: str, name: str
) -> tuple[int, str, Values]:
    """Return the number of a taxon's events, the source, and its metrics on all of the block's recordings."""
    units = make_units(dataset, Block(code, (code,), block.clips), scored)
    return sum(len(unit.truth) for unit in units), name, Measuring(units, (code,)).measure_all()


def _choose(
    dataset: Dataset, block: Block, sources: Sources, packs: Sequence[str], measured: Mapping[str, Measured | None]
) -> str:
    if len(block.clips) == 1:
        return "No rule is chosen: there is no other recording to choose it on.\n"
    choices = {
        name: (choose_rules(dataset, block, sources[name]), m.values)
        for name in packs
        if (m := measured[name]) is not None
    }
    return draw_rules(choices) if choices else ""
