"""A classifier: a body, hidden layers whose units can be gated, and a head that can grow."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ._connected import connected
from ._flat import Flat


class Network(Flat):
    """Body, hidden linear layers with ReLU, linear head; images uint8 (n, channels, height, width) -> logits (n, outputs).

    body: images -> (n, incoming). hidden: widths of the hidden layers. gates, wherever they are taken: for each hidden
    layer a factor (n, width) or (1, width) on its units after the ReLU, or none at all.
    """

    def __init__(self, body: nn.Module, incoming: int, hidden: Sequence[int], outputs: int) -> None:
        super().__init__()
        self.hidden = tuple(hidden)
        sizes = (incoming, *hidden)
        layers = [part for i, o in zip(sizes, hidden) for part in (nn.Linear(i, o), nn.ReLU())]
        self.features = nn.Sequential(body, *layers)
        self.head = nn.Linear(sizes[-1], outputs)
        self._lay_out()

    @property
    def body(self) -> nn.Module:
        """What comes before the linear layers: images -> (n, incoming)."""
        return self.features[0]

    def _lay_out(self) -> None:
        self.layers = (*(m for m in list(self.features)[1:] if isinstance(m, nn.Linear)), self.head)
        self.flatten(self.layers)
        self.head_start = self.flat.numel() - self.head.weight.numel() - self.head.bias.numel()

    def forward(self, images: Tensor, gates: Sequence[Tensor] = ()) -> Tensor:
        return connected(self.body(images), self.layers, self.written, gates=gates)

    def embed(self, images: Tensor, gates: Sequence[Tensor] = ()) -> Tensor:
        """What the head sees of the images, (n, width of the last hidden layer)."""
        x = self.body(images)
        return connected(x, self.layers[:-1], self.written, relu_last=True, gates=gates) if self.hidden else x

    @torch.no_grad()
    def grow(self, outputs: int, generator: torch.Generator) -> None:
        """Adds outputs at the end of the head; those already there answer as before, to the bit.

        The flat vectors are made anew, so an optimiser over the old ones must be made anew too.
        """
        old, known = self.head, self.head.out_features
        if outputs < known:
            raise ValueError(f"A head of {known} outputs was to grow to {outputs}; it can only gain outputs.")
        bound = old.in_features**-0.5
        self.head = nn.Linear(old.in_features, outputs)
        for new, kept in ((self.head.weight, old.weight), (self.head.bias, old.bias)):
            new.uniform_(-bound, bound, generator=generator)
            new[:known] = kept
        self._lay_out()
