"""Values of configurations at one moment: mean and standard error over their runs. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from app.views.compare.completed import ByIdentity
from app.views.compare.configurations import Configuration
from lifelong import api
from lifelong.api import History
from lifelong.formatting import duration, operations, percent, size, tenths

References = dict[str, History]  # the reference run of a run, by the run's id


@dataclass(frozen=True)
class Value:
    """Mean over runs. sem: of one run None. n: number of runs that have the value."""

    mean: float
    sem: float | None
    n: int


@dataclass(frozen=True)
class Column:
    """Column of the table. better: 1 where more is better, -1 where less is, 0 for neither.

    text: of a mean and its standard error. unit: of `scale` times the mean, for exports.
    """

    name: str
    title: str
    meaning: str
    better: int
    text: Callable[[Value], str]
    unit: str = ""


@dataclass(frozen=True)
class Summary:
    """Values of one configuration after `after` tasks, by column; None where there is none.

    n: number of its runs that have learned so many tasks.
    """

    configuration: Configuration
    after: int
    n: int
    values: dict[str, Value | None]

    @property
    def title(self) -> str:
        """The title of the configuration."""
        return self.configuration.title


def share_text(value: Value) -> str:
    """Returns a share with its standard error: '87.2 ± 0.4 %'.

    >>> share_text(Value(0.872, 0.004, 5)), share_text(Value(0.5, None, 1))
    ('87.2 ± 0.4\\xa0%', '50\\xa0%')
    """
    if value.sem is None:
        return percent(value.mean)
    return f"{tenths(value.mean)} ± {tenths(value.sem)}\xa0%"


def size_text(value: Value) -> str:
    """Returns a number of bytes, the same for every seed but for rounding."""
    return size(round(value.mean)) if value.mean else "nothing"


def duration_text(value: Value) -> str:
    """Returns seconds with their standard error: '22 s', '22 ± 1.2 s'.

    >>> duration_text(Value(21.8, None, 1)), duration_text(Value(21.8, 1.24, 3))
    ('22 s', '21.8 ± 1.2 s')
    """
    if value.sem is None:
        return duration(value.mean)
    return f"{value.mean:.1f} ± {value.sem:.1f} s"


def operations_text(value: Value) -> str:
    """Returns a number of multiply-accumulate operations."""
    return operations(round(value.mean))


COLUMNS = (
    Column("average_accuracy", "Accuracy", "", 1, share_text, "%"),
    Column("forgotten", "Forgotten", "", -1, share_text, "%"),
    Column("harder", "Harder", "", 0, share_text, "%"),
    Column(
        "stored",
        "Stored",
        "Bytes stored for earlier tasks, besides the network. Less is better.",
        -1,
        size_text,
        "bytes",
    ),
    Column(
        "seconds",
        "Training",
        "Seconds of training, without evaluation, on the machine that trained it. Less is better.",
        -1,
        duration_text,
        "seconds",
    ),
    Column(
        "operations",
        "Operations",
        "Multiply-accumulate operations of training; older runs have none. Less is better.",
        -1,
        operations_text,
        "operations",
    ),
)
SPLIT = ("forgotten", "harder")  # the two parts of a loss, which take a reference run
METRICS = ("average_accuracy", *SPLIT)


def shown_columns(summaries: Sequence[Summary]) -> list[Column]:
    """Returns the columns but that of operations where no run has them recorded."""
    recorded = any(s.values["operations"] for s in summaries)
    return [column for column in COLUMNS if recorded or column.name != "operations"]


def common_moment(configurations: Sequence[Configuration]) -> int:
    """Returns the number of tasks that all configurations have learned which have learned any."""
    return min((c.learned for c in configurations if c.learned), default=0)


def summaries(
    configurations: Sequence[Configuration], after: int, references: References
) -> list[Summary]:
    """Returns the values of each configuration after so many tasks."""
    return [_summary(configuration, after, references) for configuration in configurations]


def _summary(configuration: Configuration, after: int, references: References) -> Summary:
    rows = [
        run_values(run, history, after, references.get(run))
        for run, history in zip(configuration.runs, configuration.histories)
        if len(history.learned) >= after > 0
    ]
    values = {column.name: _mean([row[column.name] for row in rows]) for column in COLUMNS}
    return Summary(configuration, after, len(rows), values)


def _mean(values: Sequence[float | None]) -> Value | None:
    known = [value for value in values if value is not None]
    mean, sem = api.mean_and_sem(known)
    return None if mean is None else Value(mean, sem, len(known))


@lru_cache(maxsize=512)
def _cached_measures(
    history: ByIdentity, after: int, reference: ByIdentity | None
) -> dict[str, float | None]:
    return until(history.history, after).measures(reference.history if reference else None)


def run_values(
    run: str, history: History, after: int, reference: History | None
) -> dict[str, float | None]:
    """Returns the values of one run after so many tasks, by column."""
    measures = _cached_measures(
        ByIdentity(history), after, ByIdentity(reference) if reference else None
    )
    row = history.learned[after - 1]
    return {
        **{name: measures[name] for name in METRICS},
        "stored": stored(run, history, after),
        "seconds": row.seconds,
        "operations": row.operations,
    }


def stored(run: str, history: History, after: int) -> float | None:
    """Returns the bytes stored after so many tasks; None where they were not measured."""
    kinds = history.learned[after - 1].stored
    if kinds is None and after == len(history.learned):
        storage = api.storage(run)
        kinds = storage.kinds if storage else None
    return None if kinds is None else float(sum(kinds.values()))


def until(history: History, after: int) -> History:
    """Returns a run's history up to the end of its task `after`, counted from 1."""
    last = history.learned[after - 1]
    events = [*takewhile(lambda event: event is not last, history.events), last]
    return History(history.config, tuple(events))


def best(summaries: Sequence[Summary], column: Column) -> set[int]:
    """Returns the positions of those that are best in a column, as it is written.

    Several where they read the same; none where fewer than two have a value, or all read the same.
    """
    if not column.better:
        return set()
    known = {
        position: value
        for position, summary in enumerate(summaries)
        if (value := summary.values[column.name]) is not None
        and not (column.name in SPLIT and summary.configuration.is_reference)
    }
    if len(known) < 2:
        return set()
    texts = {position: column.text(Value(v.mean, None, 1)) for position, v in known.items()}
    top = max(known, key=lambda position: column.better * known[position].mean)
    found = {position for position, text in texts.items() if text == texts[top]}
    return found if len(found) < len(known) else set()


def references(
    configurations: Sequence[Configuration], candidates: Sequence[History]
) -> References:
    """Returns the reference run of each run that has one; a reference run is its own.

    candidates: in the order of preference.
    """
    found = {}
    for configuration in configurations:
        for run, history in zip(configuration.runs, configuration.histories):
            if configuration.is_reference:
                found[run] = history
                continue
            reference = next((c for c in candidates if c.is_reference_of(history)), None)
            if reference is not None:
                found[run] = reference
    return found
