"""Tables of the app's figures in docs/results.md, from the files in benchmarks/results/.

    python -m benchmarks.app_tables

Prints the tables: visitors at once, accuracy on drawings and photographs, a class that is taught,
and how far pages move while they load.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def _read(name: str) -> Any:
    return json.loads((RESULTS / f"{name}.json").read_text())


def _table(titles: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    titles = list(titles)
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def load() -> str:
    """Returns the answers a second by the number of visitors who draw at once."""
    titles = (
        "visitors", "further networks", "wanted a second", "answered a second", "median, ms",
        "95th percentile, ms",
    )  # fmt: skip
    rows = [
        (
            row["visitors"],
            row["further_networks"],
            f"{row['wanted_per_second']:.0f}",
            f"{row['answers_per_second']:.1f}",
            f"{row['median_ms']:.0f}",
            f"{row['p95_ms']:.0f}",
        )
        for row in _read("load")["loads"]
    ]
    return _table(titles, rows)


def readings() -> str:
    """Returns the share of drawn and photographed digits that are read correctly, in percent."""
    titles = ("digits", "n", "last model of `mnist-class-cumulative`", "recogniser")
    rows = []
    for name, what in (("drawn_digits", "made of strokes"), ("paper", "photographed on paper")):
        found = _read(name)
        rows.append(
            (what, f"{found['n']:,}", found["model"]["right"], found["recogniser"]["right"])
        )
    return _table(titles, rows)


def teach() -> str:
    """Returns the seconds, and the accuracy before and after, of a symbol that is taught."""
    titles = ("run", "strategy", "seconds (longest)", "symbol", "earlier tasks before", "after")
    rows = [
        (
            f"`{run}`",
            f"`{strategy}`",
            f"{found['seconds']['mean']:.2f} ({found['seconds']['max']:.2f})",
            *(
                f"{100 * found[name]['mean']:.1f}"
                for name in ("symbol_new_drawings", "earlier_before", "earlier_after")
            ),
        )
        for run, strategies in _read("teach").items()
        for strategy, found in strategies.items()
    ]
    return _table(titles, rows)


def layout_shift() -> str:
    """Returns the cumulative layout shift of each page."""
    rows = [
        (name.capitalize(), *(f"{shift:.3f}" for shift in sizes.values()))
        for name, sizes in _read("layout_shift").items()
    ]
    return _table(("page", "1280 x 900", "390 x 844"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "app_load": load,
    "app_readings": readings,
    "app_teach": teach,
    "app_layout_shift": layout_shift,
}


def main() -> None:
    """Prints all tables."""
    for name, table in TABLES.items():
        print(f"<!-- {name} -->\n{table()}\n<!-- end -->\n")


if __name__ == "__main__":
    main()
