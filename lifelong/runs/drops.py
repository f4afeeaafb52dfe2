"""The parts of a run's lost accuracy, harder and forgotten, beside its reference run. No torch."""

from ..config import RunConfig
from ..metrics import Drop, drop_matrix
from . import store
from .history import REFERENCE_STRATEGY


def drops(run: str, reference: str | None = None) -> list[list[Drop | None]] | None:
    """Returns drops[after][on] of a run, see `lifelong.measures.drops`; None without a reference.

    reference: the run to compare with, by default `store.reference_run(run)`; `reference_config`
    is that of the run to make where there is none. Raises LifelongError for an unknown run.
    """
    compared = reference or store.reference_run(run)
    if compared is None:
        return None
    own, other = (store.history(store.folder(name)) for name in (run, compared))
    return drop_matrix(own.accuracy, other.accuracy)


def reference_config(run: str) -> RunConfig | None:
    """Returns the configuration of the reference run that a run lacks.

    `create(**reference_config(run).model_dump())` makes it. None where no run can be its reference:
    it is one itself, or it has taught classes, whose few pictures no other run has.
    """
    history = store.history(store.folder(run))
    config = history.config
    if config.strategy == REFERENCE_STRATEGY or config.taught:
        return None
    labels = history.started.labels if history.has_started else ()
    order = tuple(label for task in labels for label in task) or config.class_order
    return config.with_changes(
        strategy=REFERENCE_STRATEGY,
        settings={},
        class_order=order,
        step_checkpoints=False,
        original=None,
    )
