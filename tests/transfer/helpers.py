"""Small transfer studies, and comparisons of their results."""

from typing import Any

from lifelong.transfer import config as study_config
from lifelong.transfer import study
from lifelong.transfer.config import StudyConfig
from lifelong.transfer.results import StudyResult


def small_study(**fields: Any) -> StudyConfig:
    """Returns a study of milliseconds: two seeds, up to 4 of the 24 images a class, five steps."""
    return study_config.make(
        **{"dataset": "toy", "model": "toy-mlp", "seeds": 2, "sizes": (1, 4), "steps": 5, **fields}
    )


def pretrained_study(**fields: Any) -> StudyConfig:
    """Returns a study of a small network whose random weights count as pretrained."""
    own = {
        "dataset": "toy-pictures",
        "model": "resnet18",
        "network": {"weights": "none", "units": 8},
        "pretrained": True,
    }
    return study_config.make(**{**own, "seeds": 1, "sizes": (1, 2), "steps": 2, **fields})


def result_of(config: StudyConfig) -> StudyResult:
    """Returns the result of a study from its start to its end, in memory."""
    config = study.resolve(config)
    return StudyResult(config, list(study.study(config)))


def accuracies(result: StudyResult) -> dict:
    """Returns steps and accuracies on target and source, by seed, regime and images a class."""
    return {(e.seed, e.regime, e.images): (e.steps, e.target, e.source) for e in result.learned}


def report_without_time(result: StudyResult) -> dict:
    """Returns the report without its times."""
    return {name: value for name, value in result.report("x").items() if name != "seconds"}
