"""Writes the figures of `kill`, `fuzz`, `state_costs`, `load` and `decoding` into its document.

python -m benchmarks.reliability
"""

import json
import re
from typing import Any

from benchmarks.crowd import LIMIT_MS
from benchmarks.tables import RESULTS
from lifelong.formatting import plural, size

DOCUMENT = RESULTS.parents[1] / "docs" / "reliability.md"


def sentences() -> dict[str, str]:
    """Returns the sentences with the figures of each script by its name."""
    load = _of("load")
    return {
        "kill": _kill(_of("kill")),
        "fuzz": _fuzz(_of("fuzz")),
        "state_costs": _costs(),
        "crowd": _crowd(load["crowd"]),
        "most": _most(load["most"]),
        "sigterm": _end(load["end"]),
        "decoding": _decoding(_of("decoding")),
    }


def _of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return found


def _kill(found: dict[str, Any]) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in found["by_kind"].items())
    different = len(found["different"])
    return (
        f"{found['kills']} kills ({kinds}) of {plural(found['runs'], 'run')}:"
        f" **{different or 'none'}** ended with other bits. States were saved ten times a second;"
        f" {found['states_within_a_task']} kills had one within the task. From the newest state to"
        f" the kill it was {found['lost_median_seconds']:.2f} s (median), at most"
        f" {found['lost_most_seconds']:.1f} s, loading and tests included, within which no state is"
        " saved."
        f" {found['seconds']:.0f} s."
    )


def _fuzz(found: dict[str, Any]) -> str:
    counts = found["counts"]
    return (
        f"{found['pictures']:,} pictures: {counts['picture read']:,} opened,"
        f" {counts['picture refused']:,} refused. {found['runs']:,} folders of runs, each also as a"
        f" zip file: {counts['zip file read']:,} taken in, {counts['zip file refused']:,} refused."
        f" **{found['bad'] or 'None'}** ended in another error, took over five seconds, left a file"
        " behind, or answered from a checkpoint with other bytes. The slowest took"
        f" {found['slowest_seconds']:.1f} s. {found['seconds']:.0f} s."
    )


def _costs() -> str:
    found = _of("state_costs")
    rows = [
        f"{row['case']}: {size(row['state_bytes'])} of state in {row['save_seconds']:.2f} s, every"
        f" {row['saved_every_seconds']:.0f} s, {row['share_percent']:.2f} % of training; a"
        f" checkpoint of {size(row['checkpoint_bytes'])} is checked in {row['hash_ms']:.1f} ms when"
        f" it is loaded, and in {1000 * row['unchanged_ms']:.1f} µs while it does not change"
        for row in found["cases"]
    ]
    return "; ".join(rows) + f" (median of {found['times']})."


def _crowd(found: dict[str, Any]) -> str:
    return (
        f"{found['drawing']} visitors who draw, {found['watching']} who watch and a run, for"
        f" {found['minutes']:g} minutes: {found['answers']:,} answers, median"
        f" {found['median_ms']:.0f} ms, 95th percentile {found['p95_ms']:.0f} ms, longest"
        f" {found['longest_ms']:.0f} ms; {found['errors'] + found['view_errors'] or 'no'} errors,"
        f" {found['busy'] or 'none'} told to wait,"
        f" {found['left_out'] or 'no'} questions left out. {found['views']:,} reruns of pages that"
        f" watch: what they show is {found['view_age_p95_seconds']:.1f} s old (95th percentile), at"
        f" most {found['view_age_most_seconds']:.1f} s. Training:"
        f" {found['steps_per_second']:.0f} steps a second, {100 * found['speed_share']:.0f} %"
        " of its speed alone. Memory of the server:"
        f" {found['memory_mb']:,.0f} MB, {found['memory_mb_per_hour']:+.0f} MB an hour."
    )


def _most(found: dict[str, Any]) -> str:
    trials = sorted(found["trials"], key=lambda each: each["drawing"])
    good = [each for each in trials if each["p95_ms"] <= LIMIT_MS][-1]
    bad = next(each for each in trials if each["p95_ms"] > LIMIT_MS)
    most = trials[-1]
    others = f"{bad['busy'] or 'none'} of {bad['answers'] + bad['busy']:,} told to wait"
    return (
        f"{good['drawing']} visitors: 95th percentile {good['p95_ms']:.0f} ms; {bad['drawing']}:"
        f" {bad['p95_ms']:.0f} ms, {others}. With {most['drawing']}: {most['p95_ms']:.0f} ms,"
        f" {most['busy']:,} of {most['answers'] + most['busy']:,} told to wait; in all trials"
        f" {sum(each['errors'] for each in trials) or 'no'} errors (trials of"
        f" {found['seconds']:g} s)."
    )


def _end(found: dict[str, Any]) -> str:
    cases = []
    for name, ends in found.items():
        times = sorted(each["seconds"] for each in ends)
        saved = sum(each["saved"] for each in ends)
        between = f"{times[0]:.1f} to {times[-1]:.1f} s" if len(ends) > 1 else f"{times[0]:.1f} s"
        cases.append(f"{name}: {between}, {saved} of {len(ends)} saved")
    return "; ".join(cases) + "."


def _decoding(found: dict[str, Any]) -> str:
    rows = [
        f"{row['picture']}: {row['here_ms']:.1f} ms, in a process of its own"
        f" {row['apart_ms']:.1f} ms"
        for row in found["pictures"]
    ]
    zipped = found["zip"]
    return (
        f"{'; '.join(rows)} (median of {found['times']}). A zip file of {zipped['pictures']:,}"
        f" small pictures: {zipped['here_seconds']:.2f} s, in one of its own"
        f" {zipped['apart_seconds']:.2f} s, its start included. Such a process"
        f" starts in {found['start_seconds']:.2f} s."
    )


def main() -> None:
    """Writes them."""
    text = DOCUMENT.read_text("utf-8")
    for name, sentence in sentences().items():
        pattern = rf"<!-- {name} -->.*?<!-- end -->"
        text = re.sub(pattern, f"<!-- {name} -->{sentence}<!-- end -->", text, flags=re.S)
    DOCUMENT.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
