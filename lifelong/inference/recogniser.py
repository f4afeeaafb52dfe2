"""Recogniser of drawn digits, which also says that something is no digit.

The networks of the runs are sure of everything: at a threshold that turns away 2 % of MNIST's test
images (n = 10,000), the softmax of cumulative training turns away 39 % of scribbles and 21 % of
letters (n = 500 each). This small convolutional network has an eleventh output and was trained on
figures that are no digits, too. It takes 93 % of the scribbles and 99 % of the letters for none,
and 0.8 % of the test images. `python -m benchmarks.make_recogniser` makes and measures it; all
figures are in benchmarks/results/recogniser.json.
"""

from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from ..storage import shipped, tensor_files

FILE = shipped.FOLDER / "recognisers" / "digits.safetensors"
DIGITS = tuple("0123456789")


class DigitNetwork(nn.Module):
    """Two convolutions and two linear layers; output 10 is for what is no digit."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(32 * 7 * 7, 96),
            nn.ReLU(),
            nn.Linear(96, len(DIGITS) + 1),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Returns logits (n, 11) of images uint8 (n, 28, 28)."""
        return self.layers(images.unsqueeze(1).float() / 255)


@cache
def network() -> DigitNetwork:
    """Loads the network for inference. Raises LifelongError if its file is missing or damaged."""
    loaded = DigitNetwork()
    loaded.load_state_dict(tensor_files.read(FILE)[0])
    return loaded.eval()


def probabilities(images: np.ndarray) -> np.ndarray:
    """Returns float32 (n, 11), the last for no digit; images: uint8 (n, 28, 28)."""
    with torch.no_grad():
        return network()(torch.from_numpy(np.ascontiguousarray(images))).softmax(1).numpy()
