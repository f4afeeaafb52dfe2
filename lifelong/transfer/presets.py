"""Named pairs of source and target: `--pair` of the command line, first choice of the page."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TransferPreset:
    """Source and target: two data sets, or the classes of one, divided in two.

    title, description: for people. pretrained: see `config.make`. The rest are fields of a
    RunConfig.
    """

    title: str
    description: str
    dataset: str
    target: str | None = None
    class_order: tuple[int, ...] | None = None
    task_sizes: tuple[int, ...] | None = None
    model: str | None = None
    pretrained: bool | None = None

    def fields(self) -> dict[str, Any]:
        """Returns the fields for `config.make` that the preset sets."""
        words = ("title", "description")
        return {
            name: value
            for name, value in vars(self).items()
            if name not in words and value is not None
        }


PRESETS: dict[str, TransferPreset] = {
    "digits": TransferPreset(
        "Digits 0–4 → 5–9", "half of the digits, then the other half", "mnist"
    ),
    "animals-to-vehicles": TransferPreset(
        "Animals → vehicles",
        "six kinds of animals in small colour photographs, then four kinds of vehicles",
        "cifar10",
        class_order=(2, 3, 4, 5, 6, 7, 0, 1, 8, 9),
        task_sizes=(6, 4),
    ),
    "digits-to-fashion": TransferPreset(
        "Digits → clothes",
        "all ten digits, then ten kinds of clothes (Fashion-MNIST)",
        "mnist",
        "fashion-mnist",
    ),
    "pretrained": TransferPreset(
        "Pretrained network → photographs",
        "a ResNet-50 that has seen many images before, then ten kinds of small photographs, "
        "from a few of each",
        "cifar10",
        model="resnet50",
        pretrained=True,
    ),
}
