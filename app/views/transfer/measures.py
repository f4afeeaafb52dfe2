"""Numbers of a study with their spread over seeds, as text."""

from dataclasses import dataclass

from app.shared import glossary
from lifelong.api import Axis, StudyResult
from lifelong.charts.study_names import regime_phrase
from lifelong.formatting import signed_tenths, spread, tenths


@dataclass(frozen=True)
class Measure:
    """One number about a study; meaning: a sentence for a tooltip."""

    title: str
    value: str
    meaning: str


def measures(result: StudyResult, axis: Axis) -> list[Measure]:
    """Returns forward transfer and loss on the source, as far as they are known."""
    rows = []
    for regime in ("finetune", "frozen"):
        mean, sem, n = result.gain(axis, regime)
        if mean is not None:
            title = f"Forward transfer, {regime_phrase(regime)}"
            value = f"{signed_tenths(mean)} {spread(sem)}".strip()
            sentence = glossary.sentence("forward transfer of a study")
            rows.append(Measure(title, value, f"Forward transfer: {_lower(sentence)} n = {n}."))
    protect = result.config.protect
    for regime in ("finetune", protect) if protect else ():
        if (lost := result.lost(regime)) is not None:
            mean, sem, n = lost
            title = f"Source lost, {regime_phrase(regime)}"
            value = f"{tenths(mean)} {spread(sem)}".strip()
            rows.append(Measure(title, value, f"{glossary.sentence('source lost')} n = {n}."))
    return rows


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
