"""Base classes of models: settings, a trainable network, and an optional frozen backbone."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn

from ..settings import Configurable, Setting
from .parts.backbone_info import BackboneInfo
from .parts.flat import Flat
from .parts.linear_stack import linear_stack

if TYPE_CHECKING:
    from ..storage.progress import Steps

Shape = tuple[int, int, int]  # channels, height, width


class Body(nn.Module):
    """Layers before the linear ones: images uint8 (n, channels, height, width) -> (n, width).

    It is in training mode within a step of training and only there. This one has no parameters.
    is_identity: whether the output is the values of the image, scaled to [0, 1].
    takes_features: whether the images are features of a frozen backbone, (n, width, 1, 1).
    """

    width: int
    is_identity: ClassVar[bool] = False
    takes_features: ClassVar[bool] = False

    def initialise(self, generator: torch.Generator) -> None:
        """Puts the parameters back to where training starts; draws them from the generator."""

    def encode(self, features: Tensor) -> Tensor:
        """Returns features of a frozen backbone (n, width) as images that this body takes."""
        raise TypeError("This body takes images, not features of a frozen backbone.")

    def set_ranges(self, low: Tensor, high: Tensor) -> None:
        """Sets the values (width,) of each feature that the bytes 0 and 255 stand for."""
        raise TypeError("This body takes images, not features of a frozen backbone.")

    def begin_step(self, seed: int, task: int, step: int) -> None:
        """Goes into training mode; random augmentation follows from the three numbers alone."""
        self.training = True

    def fix_statistics(self) -> None:
        """Has batch norm use its statistics, and not measure them, until the step ends."""


def _values(images: Tensor) -> Tensor:
    return images.flatten(1).float().mul_(1 / 255)


class Pixels(Body):
    """Flattens images: uint8 (n, channels, height, width) -> float (n, pixels) in [0, 1]."""

    is_identity = True

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.width = shape[0] * shape[1] * shape[2]

    def forward(self, images: Tensor) -> Tensor:
        return _values(images)


class QuantizedFeatures(Body):
    """Features of a frozen backbone, stored as images uint8 (n, width, 1, 1) -> (n, width) in
    [0, 1].

    low, high: (width,), the values of each feature that 0 and 255 stand for. Rounding moves a
    feature by at most 0.2 % of this range.
    """

    is_identity = True
    takes_features = True
    low: Tensor
    high: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.register_buffer("low", torch.zeros(width))
        self.register_buffer("high", torch.ones(width))

    def forward(self, images: Tensor) -> Tensor:
        return _values(images)

    def set_ranges(self, low: Tensor, high: Tensor) -> None:
        self.low.copy_(low)
        self.high.copy_(high)

    def encode(self, features: Tensor) -> Tensor:
        """Returns features (n, width) as images uint8 (n, width, 1, 1)."""
        return self.scaled(features).round_().clamp_(0, 255).to(torch.uint8)[:, :, None, None]

    def scaled(self, features: Tensor) -> Tensor:
        """Returns features (n, width) in units of bytes, unrounded."""
        return 255 * ((features - self.low) / (self.high - self.low).clamp(min=1e-6))


class Backbone(Body):
    """Deep feature extractor: images -> features float (n, width); frozen, or trained as a whole.

    info: what its features depend on, beside the images.
    """

    info: BackboneInfo

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return next(self.parameters()).device

    @property
    def feature_shape(self) -> Shape:
        """Shape of an image's features as an image: channels, height, width."""
        return self.width, 1, 1


class Network(Flat):
    """Body, hidden linear layers with ReLU, linear head: images uint8 (n, channels, height, width)
    -> logits (n, outputs).

    hidden: widths of the hidden layers. gates, an argument of some methods: for each hidden layer
    a factor (n, width) or (1, width) on its units after the ReLU, or none at all.
    """

    def __init__(self, body: Body, hidden: Sequence[int], outputs: int) -> None:
        super().__init__()
        self.hidden = tuple(hidden)
        sizes = (body.width, *hidden)
        layers = [part for i, o in zip(sizes, hidden) for part in (nn.Linear(i, o), nn.ReLU())]
        self.features = nn.Sequential(body, *layers)
        self._body = (body,)  # in a tuple, so that it is not registered a second time
        self.head = nn.Linear(sizes[-1], outputs)
        self.eval()
        self._flatten_layers()

    @property
    def body(self) -> Body:
        """The layers before the linear ones."""
        return self._body[0]

    def _flatten_layers(self) -> None:
        self.layers = (*(m for m in list(self.features)[1:] if isinstance(m, nn.Linear)), self.head)
        self.flatten(self.layers)
        self.head_start = self.flat.numel() - self.head.weight.numel() - self.head.bias.numel()

    def initialise(self, generator: torch.Generator) -> None:
        """Puts the body back to its start; draws the linear layers uniformly in ±1/sqrt(fan_in),
        torch's default.
        """
        self.body.initialise(generator)
        self.draw(self.layers, generator)

    def forward(self, images: Tensor, gates: Sequence[Tensor] = ()) -> Tensor:
        return linear_stack(self.body(images), self.layers, self.gradient_writer, gates=gates)

    def embed(self, images: Tensor, gates: Sequence[Tensor] = ()) -> Tensor:
        """Returns the features of images, the inputs of the head: (n, width)."""
        x = self.body(images)
        if not self.hidden:
            return x
        return linear_stack(x, self.layers[:-1], self.gradient_writer, relu_last=True, gates=gates)

    def classify(self, features: Tensor) -> Tensor:
        """Returns the logits (n, outputs) of features, (n, width of the last hidden layer)."""
        return linear_stack(features, (self.head,), self.gradient_writer)

    @torch.no_grad()
    def fixed_features(self, images: Tensor) -> Tensor:
        """Returns the features of images without a gradient and in evaluation mode, also within a
        step: nothing is augmented, and batch norm uses its statistics and does not measure them.
        """
        in_training = self.body.training
        self.body.eval()
        features = self.embed(images)
        self.body.train(in_training)
        return features

    @torch.no_grad()
    def grow(self, outputs: int, generator: torch.Generator) -> None:
        """Adds outputs at the end of the head; the weights of the others keep their bits.

        The flat vectors are made anew, so an optimiser over the old ones must be made anew too.
        Raises ValueError for fewer outputs than there are.
        """
        head, known = self.head, self.head.out_features
        if outputs < known:
            raise ValueError(
                f"A head of {known} outputs was to grow to {outputs}; it can only gain outputs."
            )
        self.head = nn.Linear(head.in_features, outputs).to(head.weight.device)
        self.draw([self.head], generator)
        self.head.weight[:known], self.head.bias[:known] = head.weight, head.bias
        self._flatten_layers()


@dataclass
class Model(Configurable, ABC):
    """Kind of network with its settings: fields made with `setting`, `choice` and `text`.

    title, summary: shown where a network is chosen. regimes: of a model with pretrained weights,
    its settings in each regime of a transfer study: from `scratch`, with a `frozen` backbone, and
    to `finetune` all of it.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    regimes: ClassVar[Mapping[str, Mapping[str, str]]] = {}

    @classmethod
    def form_settings(cls) -> tuple[Setting, ...]:
        """Returns the settings that a form offers; a text as a choice, if its values are known."""
        return cls.settings("else")

    @property
    def threads(self) -> int | None:
        """Threads that a run uses; None for all there are.

        A number, where a second run beside it gains more than a second thread.
        """
        return None

    def frozen_backbone(self, precision: str) -> Backbone | None:
        """Returns the frozen backbone, which every image goes through once, before any training;
        None for a model that has none.
        """
        return None

    def backbone_info(self, precision: str) -> BackboneInfo | None:
        """Returns the description of the frozen backbone; None for a model that has none.

        Overridden where building the backbone takes long.
        """
        backbone = self.frozen_backbone(precision)
        return None if backbone is None else backbone.info

    def fetch_weights(self) -> "Steps[None]":
        """Downloads the weights that the network starts from, unless they are on this machine."""
        yield from ()

    @abstractmethod
    def network(self, shape: Shape, outputs: int, precision: str) -> Network:
        """Returns the network that is trained, before `initialise`.

        shape: of the images, or the backbone's `feature_shape`, if there is a frozen backbone.
        """
