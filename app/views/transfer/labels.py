"""Names on the Transfer page: regimes, source, target and studies. Pure functions of a result."""

from collections.abc import Sequence

from app.shared import labels
from lifelong import api
from lifelong.api import StudyResult
from lifelong.charts.study_names import regime_phrase
from lifelong.formatting import plural, short_id


def class_list(names: Sequence[str]) -> str:
    """Returns classes as one short text.

    >>> class_list("01234"), class_list(["bird", "cat"]), class_list("abcdefgh")
    ('0–4', 'bird, cat', '8 classes from a to h')
    """
    digits = [int(name) for name in names if name.isdigit()]
    if len(digits) == len(names) > 2 and digits == list(range(digits[0], digits[-1] + 1)):
        return f"{names[0]}–{names[-1]}"
    if len(names) <= 6:
        return ", ".join(names)
    return f"{len(names)} classes from {names[0]} to {names[-1]}"


def study_title(result: StudyResult) -> str:
    """Returns source and target: 'MNIST: 0–4 → 5–9'."""
    run = result.config.run
    data = labels.dataset_title(run.dataset)
    if result.config.pretrained:
        return f"Pretrained {run.model} → {data}"
    if run.target is not None:
        return f"{data} → {labels.dataset_title(run.target)}"
    if not result.has_begun:
        return data
    began = result.began
    return f"{data}: {class_list(began.source)} → {class_list(began.target)}"


def list_entry(study: str, result: StudyResult) -> str:
    """Returns the name of a study in the list of studies."""
    end = "shipped" if api.is_shipped(study) else short_id(study)
    protected = [regime_phrase(result.config.protect)] if result.config.protect else []
    own_name = filter(None, [api.collection.name_of(study)])
    seeds = plural(result.config.seeds, "seed")
    return " · ".join([*own_name, study_title(result), *protected, seeds, end])


def setup(study: str, result: StudyResult) -> str:
    """Returns a study's configuration in one line."""
    config, run = result.config, result.config.run
    return " · ".join(
        [
            study_title(result),
            plural(config.seeds, "seed"),
            f"network {run.model}",
            f"recipe {run.recipe}",
            f"study {study}",
        ]
    )


def source_name(result: StudyResult) -> str:
    """Returns the source within a sentence."""
    run = result.config.run
    if result.config.pretrained:
        return "what the pretrained network knows"
    return (
        class_list(result.began.source) if run.target is None else labels.dataset_title(run.dataset)
    )
