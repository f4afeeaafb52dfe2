"""Sources and targets that belong together: what the Transfer page offers first, by name."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TransferPreset:
    """A source and a target: two data sets, or the classes of one in an order and the place where it is cut in two.

    title, told: for people. The rest are fields of a RunConfig, and whether the source is what the network's weights come from.
    """

    title: str
    description: str
    dataset: str
    target: str | None = None
    class_order: tuple[int, ...] | None = None
    task_sizes: tuple[int, ...] | None = None
    model: str | None = None
    pretrained: bool | None = None

    def fields(self) -> dict:
        """What a study is made of, by name, those that are not given left out."""
        given = {
            name: value
            for name, value in vars(self).items()
            if name not in ("title", "description")
        }
        return {name: value for name, value in given.items() if value is not None}


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
        "a ResNet-50 that has seen many images before, then ten kinds of small photographs, from a few of each",
        "cifar10",
        model="resnet50",
        pretrained=True,
    ),
}
