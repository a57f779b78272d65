"""What a soak has to say, as Markdown: faults, answers, recovery, what was kept, differences."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from statistics import median

from tests.soak.drive import Happened
from tests.soak.run import Soaked


def write_report(soaked: Soaked) -> str:
    plan, differences = soaked.plan, soaked.promises.differences
    verdict = "no difference" if soaked.is_good else f"{len(differences)} differences"
    lines = [
        f"# Soak: {verdict}",
        "",
        (
            f"Seed {plan.seed}, {plan.seconds / 60:.1f} minutes, {len(soaked.happened)} faults of "
            f"{len({each.kind for each in soaked.happened})} kinds, {plan.people} clients."
        ),
        *([f"Not possible here: {', '.join(soaked.left_out)}."] if soaked.left_out else []),
        "",
        *_differences(differences),
        *_kinds(soaked.happened),
        *_answers(soaked),
        *_kept(soaked),
        *_log(soaked.happened),
    ]
    return "\n".join(lines) + "\n"


def _differences(differences: list[str]) -> Iterator[str]:
    if differences:
        yield "## Differences"
        yield ""
        for each in differences:
            yield "- " + each.replace("\n", "\n      ")
        yield ""


def _kinds(happened: list[Happened]) -> Iterator[str]:
    times: dict[str, list[float | None]] = defaultdict(list)
    for each in happened:
        times[each.kind].append(each.well_after_s)
    yield from (
        "## Faults",
        "",
        "| fault | times | well again after, median (s) | worst (s) |",
        "| --- | --- | --- | --- |",
    )
    for kind, found in sorted(times.items()):
        yield f"| {kind} | {len(found)} | {_middle(found)} | {_worst(found)} |"
    every = [each.well_after_s for each in happened]
    alone = [each.well_after_s for each in happened if each.is_alone]
    yield f"| all | {len(every)} | {_middle(every)} | {_worst(every)} |"
    yield f"| with no other fault meanwhile | {len(alone)} | {_middle(alone)} | {_worst(alone)} |"
    yield ""


def _middle(found: list[float | None]) -> str:
    known = [each for each in found if each is not None]
    return f"{median(known):.1f}" if known else ""


def _worst(found: list[float | None]) -> str:
    if not found:
        return ""
    known = [each for each in found if each is not None]
    return f"{max(known):.1f}" if len(known) == len(found) else "not while measured"


def _answers(soaked: Soaked) -> Iterator[str]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for each in soaked.promises.asked:
        counts[each.kind][each.outcome] += 1
    yield from ("## Requests and answers", "", "| request | answers |", "| --- | --- |")
    for kind, found in sorted(counts.items()):
        yield f"| {kind} | {', '.join(f'{outcome}: {count}' for outcome, count in sorted(found.items()))} |"
    yield ""


def _kept(soaked: Soaked) -> Iterator[str]:
    yield from ("## What was done", "", "| what | how often |", "| --- | --- |")
    for what, count in sorted(soaked.promises.counts.items()):
        yield f"| {what} | {count} |"
    yield ""
    yield from ("| process | most memory (MiB) | most descriptors |", "| --- | --- | --- |")
    for name, (memory, files) in sorted(soaked.most.items()):
        yield f"| {name} | {memory >> 20} | {files} |"
    yield ""
    yield "Phases: " + ", ".join(f"{name} from {at_s:.0f} s" for name, at_s in soaked.phases.items()) + "."
    yield ""


def _log(happened: list[Happened]) -> Iterator[str]:
    yield from (
        "## Each fault",
        "",
        "| at (s) | fault | target | lasted (s) | well after (s) |",
        "| --- | --- | --- | --- | --- |",
    )
    for each in sorted(happened, key=lambda one: one.began_s):
        well = "" if each.well_after_s is None else f"{each.well_after_s:.1f}"
        yield f"| {each.began_s:.0f} | {each.kind} | {each.target} | {each.ended_s - each.began_s:.1f} | {well} |"
