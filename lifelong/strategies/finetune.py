"""Fine-tuning: training on each task in turn, the lower bound of every table of the field."""

from dataclasses import dataclass

from .base import Strategy


@dataclass
class FineTune(Strategy):
    """Plain training on each task, nothing added (van de Ven et al. 2022, "none")."""

    title = "Fine-tuning"
    family = "baseline"
    simplest_of_family = True
    protects_source = False
    summary = (
        "Trains on each task as it comes and does nothing about the past. This is what "
        "forgetting looks like."
    )
    stores = "nothing"
    costs = "nothing beyond plain training"
    source = "the baseline of every study of the field"
