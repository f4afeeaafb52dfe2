"""Shipped records of replay with few or many stored images per class, for one question.

They are records without checkpoints, in a folder of their own below that of the shipped runs, and
so in no list of runs: all that is shown of them is their accuracy. `checkpoints/README.md` has the
command that made them.
"""

from . import store
from .folders import SHIPPED
from .history import History

FOLDER = "rescue"
SETTING = "per_class"  # of replay
ENDS = ("mnist-class-finetune", "mnist-class-replay")  # no image, and the default number


def rescue_histories() -> dict[int, History]:
    """Returns the history of a run by its number of stored images per class, in ascending order.

    0 is fine-tuning. Empty where the records do not ship with this copy of the project.
    """
    records = [file.parent for file in (SHIPPED / FOLDER).glob("*/config.json")]
    ends = [folder for name in ENDS if (folder := store.find(name))]
    if not records or len(ends) < len(ENDS):
        return {}
    histories = [store.history(folder) for folder in [*records, *ends]]
    by_images = {int(each.config.settings.get(SETTING, 0)): each for each in histories}
    return dict(sorted(by_images.items()))
