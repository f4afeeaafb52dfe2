"""Order of the events of a run, and those up to a state that it goes on from. No torch."""

from collections.abc import Iterable

from ..events import (
    Event,
    ExtractingFeatures,
    Loading,
    Phase,
    Recovered,
    Saved,
    Started,
    Step,
    TaskLearned,
)


class RunOrder:
    """Order of a run's events: a start, then the tasks one after the other, one row for each."""

    def __init__(self) -> None:
        self.tasks = self.learned = 0
        self.class_counts: list[int] = []
        self.begun = False
        self.trained_here = True

    def follows(self, event: Event) -> bool:
        """Returns whether an event follows from those that this was called with before."""
        match event:
            case Loading() | ExtractingFeatures():
                return event.done <= event.total
            case Started():
                self.trained_here = event.parameters > 0
                fits = not self.begun and len(event.classes) == len(event.labels) > 0
                fits = fits and self._fits(event.random_init_accuracy, len(event.classes))
                self.tasks = len(event.classes)
                self.class_counts = [len(names) for names in event.classes]
            case Step():
                fits = event.task == self.learned < self.tasks
                fits = fits and len(event.probe) == self.learned + 1
            case Phase():
                fits = event.task == self.learned < self.tasks
            case Saved():
                fits = event.task == self.learned < self.tasks
            case TaskLearned():
                fits = event.task == self.learned < self.tasks
                fits = fits and len(event.accuracy) == self.learned + 1
                fits = fits and self._fits(event.accuracy_given_task, self.learned + 1)
                self.learned += 1
                rows = sum(self.class_counts[: self.learned])
                fits = fits and (event.confusion is None or len(event.confusion) == rows)
            case _:
                fits = True
        self.begun = True
        return fits

    def _fits(self, shares: tuple[float, ...], tasks: int) -> bool:
        """Returns whether there is one for each task, or none: another program may not tell."""
        return len(shares) == tasks or not (shares or self.trained_here)


def events_until(events: Iterable[Event], task: int, step: int = 0) -> list[Event]:
    """Returns the events of a run up to the state within `task` after `step` steps.

    Endings are left out: a run that goes on has not ended.
    """

    def is_before(event: Event) -> bool:
        match event:
            case Started():
                return True
            case Step() | Recovered():
                return (event.task, event.step) <= (task, step)
            case Saved():
                return event.task == task and event.step <= step
            case Phase() | TaskLearned():
                return event.task < task
        return False

    return [event for event in events if is_before(event)]
