"""Search for a strategy's settings on held-out training images, with Optuna; resumable.

Optuna is an extra: `pip install lifelong[tune]`.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from math import log10
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from .. import registry
from ..config import RunConfig
from ..errors import DivergedError, LifelongError, unknown_name
from ..settings import Setting
from ..storage import atomic
from ..training.experiment import Experiment
from ..training.held_out import hold_out
from ..training.setup import Prepared
from .history import History

if TYPE_CHECKING:
    import optuna

TRIALS_FILE, BEST_FILE = "trials.log", "tuning.json"
DECADES = 3  # of a search around the default, to either side
WIDE = 100  # highest to lowest value from which on a number is searched by its logarithm


@dataclass(frozen=True)
class Trial:
    """One combination of settings and its result.

    accuracy: average accuracy on the held-out images, mean over the seeds, a share in [0, 1].
    """

    number: int
    settings: dict[str, Any]
    accuracy: float


@dataclass(frozen=True)
class Search:
    """Settings of a strategy that are searched, by default all that the config leaves open.

    share: of the training images of each class that are held out. seeds: of the runs of a trial,
    which are also those of the images held out.
    """

    config: RunConfig
    settings: tuple[str, ...] = ()
    share: float = 0.1
    seeds: tuple[int, ...] = (0,)

    def space(self) -> tuple[Setting, ...]:
        """Returns the settings that are searched. Raises LifelongError if there are none."""
        strategy = registry.strategy(self.config.strategy)
        known = {
            each.name: each
            for each in strategy.settings(self.config.scenario)
            if each.kind is not str or each.options
        }
        for name in self.settings:
            if name not in known:
                raise unknown_name(f"setting of {self.config.strategy}", name, known)
        wanted = self.settings or [name for name in known if name not in self.config.settings]
        if not wanted:
            raise LifelongError(
                f"{self.config.strategy} has no settings to search; choose another strategy."
            )
        return tuple(each for name, each in known.items() if name in wanted)


Candidates = dict[int, dict[str, Any]]  # settings to try by the number of the trial
# Yields number and accuracy of each trial as it ends, None for one that was stopped.
Evaluate = Callable[[Candidates], Iterator[tuple[int, float | None]]]


def search(
    search: Search,
    evaluate: Evaluate,
    folder: Path,
    trials: int,
    stop: Callable[[], bool] = lambda: False,
    at_once: int = 1,
) -> Iterator[Trial]:
    """Tries settings until there are `trials` in the folder; yields each trial that is new.

    The first one is of the defaults. at_once: trials that are evaluated side by side. Raises
    LifelongError for a folder with trials of another search, and where Optuna is not installed.
    """
    optuna = _optuna()
    space = search.space()
    study = _study(folder, search)
    if not study.trials:
        study.enqueue_trial({each.name: each.default for each in space})
    while len(done := completed(study)) < trials and not stop():
        # From its number on, so that a search that goes on draws what it would have drawn.
        study.sampler = optuna.samplers.TPESampler(seed=len(done), constant_liar=at_once > 1)
        candidates: Candidates = {}
        for _ in range(min(at_once, trials - len(done))):
            trial = study.ask()
            candidates[trial.number] = {each.name: _suggest(trial, each) for each in space}
        for number, accuracy in evaluate(candidates):
            if accuracy is None:
                break
            study.tell(number, accuracy)
            done.append(Trial(number, candidates[number], accuracy))
            _write_best(folder, search, done)
            yield done[-1]
        ended = {trial.number for trial in done}
        for number in candidates.keys() - ended:  # stopped before their end
            study.tell(number, state=optuna.trial.TrialState.FAIL)


def in_this_process(
    search: Search, prepared: Prepared, stop: Callable[[], bool] = lambda: False
) -> Evaluate:
    """Returns the evaluation of trials one after the other.

    prepared: images, whose test images are not looked at.
    """
    images = {seed: hold_out(prepared, search.share, seed) for seed in search.seeds}
    return lambda candidates: (
        (number, accuracy_of(search, settings, images, stop))
        for number, settings in candidates.items()
    )


def accuracy_of(
    search: Search,
    settings: dict[str, Any],
    images: dict[int, Prepared],
    stop: Callable[[], bool] = lambda: False,
) -> float | None:
    """Returns the average accuracy of a trial, mean over the seeds; None where it was stopped.

    It is 0 where a loss diverged.

    images: by seed, from `hold_out`.
    """
    config, found = search.config, []
    for seed, prepared in images.items():
        run = config.with_changes(seed=seed, settings={**config.settings, **settings})
        experiment = Experiment(run, *prepared, stop=stop)
        try:
            history = History(experiment.config, tuple(experiment.events()))
        except DivergedError:
            return 0.0
        if not history.finished:
            return None
        found.append(history.measures()["average_accuracy"] or 0.0)
    return fmean(found)


def completed(study: "optuna.Study") -> list[Trial]:
    """Returns the trials with a result, in order."""
    return [
        Trial(trial.number, trial.params, trial.value)
        for trial in study.trials
        if trial.value is not None
    ]


def best_of(trials: Sequence[Trial]) -> Trial:
    """Returns the trial of the highest accuracy, of equal ones the first."""
    return max(trials, key=lambda trial: trial.accuracy)


def read(folder: Path) -> tuple[Trial, list[Trial]]:
    """Returns the best trial of a search and all trials. Raises LifelongError without any."""
    try:
        found = json.loads((folder / BEST_FILE).read_bytes())
        return Trial(**found["best"]), [Trial(**each) for each in found["trials"]]
    except (OSError, ValueError, KeyError, TypeError):
        raise LifelongError(f"{folder.name} has no results of a search; start one.") from None


def _write_best(folder: Path, search: Search, trials: Sequence[Trial]) -> None:
    content = {
        "config": json.loads(search.config.model_dump_json()),
        "held_out": search.share,
        "seeds": list(search.seeds),
        "best": asdict(best_of(trials)),
        "trials": [asdict(trial) for trial in trials],
    }
    atomic.write_atomically(folder / BEST_FILE, json.dumps(content, indent=1).encode())


def _study(folder: Path, search: Search) -> "optuna.Study":
    optuna = _optuna()
    folder.mkdir(parents=True, exist_ok=True)
    backend = optuna.storages.journal.JournalFileBackend(str(folder / TRIALS_FILE))
    study: Any = optuna.create_study(
        storage=optuna.storages.JournalStorage(backend),
        study_name="tuning",
        direction="maximize",
        load_if_exists=True,
    )
    about = {
        "config": search.config.model_dump_json(),
        "settings": [each.name for each in search.space()],
        "share": search.share,
        "seeds": list(search.seeds),
    }
    if study.user_attrs.get("search", about) != about:
        raise LifelongError(
            f"{folder.name} holds the trials of another search; give another with --out."
        )
    study.set_user_attr("search", about)
    return study


def _suggest(trial: "optuna.Trial", setting: Setting) -> Any:
    """Returns a value of a setting: near its default, or by its logarithm where its range is
    wide.
    """
    if setting.options:
        return trial.suggest_categorical(setting.name, setting.options)
    if setting.kind is bool:
        return trial.suggest_categorical(setting.name, (False, True))
    low, high = range_of(setting)
    is_wide = low > 0 and high / low >= WIDE
    if setting.kind is int:
        return trial.suggest_int(setting.name, int(low), int(high), log=is_wide)
    return trial.suggest_float(setting.name, low, high, log=is_wide)


def range_of(setting: Setting) -> tuple[float, float]:
    """Returns the range in which a number is searched.

    >>> range_of(Setting("strength", "", float, 1.0, 0.0, 1e9))
    (0.001, 1000.0)
    >>> range_of(Setting("share", "", float, 0.5, 0.0, 1.0))
    (0.0, 1.0)
    """
    low, high = float(setting.low or 0), float(setting.high or 1)
    default = float(setting.default)
    if default > 0 and high >= WIDE * max(low, 1e-12) and log10(high / default) > 1:
        low, high = max(low, default / 10**DECADES), min(high, default * 10**DECADES)
        if setting.kind is int:
            low = max(low, 1.0)
    return low, high


@lru_cache(maxsize=1)
def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise LifelongError(
            "Optuna, which searches the settings, is not installed; run: pip install optuna"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
