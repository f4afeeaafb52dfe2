"""Writes the figures of `kill`, `fuzz` and `state_costs` into docs/reliability.md.

python -m benchmarks.reliability
"""

import json
import re
from typing import Any

from benchmarks.tables import RESULTS
from lifelong.formatting import plural, size

DOCUMENT = RESULTS.parents[1] / "docs" / "reliability.md"


def sentences() -> dict[str, str]:
    """Returns the sentences with the figures of each script by its name."""
    return {"kill": _kill(_of("kill")), "fuzz": _fuzz(_of("fuzz")), "state_costs": _costs()}


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


def main() -> None:
    """Writes them."""
    text = DOCUMENT.read_text("utf-8")
    for name, sentence in sentences().items():
        pattern = rf"<!-- {name} -->.*?<!-- end -->"
        text = re.sub(pattern, f"<!-- {name} -->{sentence}<!-- end -->", text, flags=re.S)
    DOCUMENT.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
