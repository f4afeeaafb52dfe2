"""Description of a frozen backbone, by which its features are found without building it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BackboneInfo:
    """All that the features of a frozen backbone depend on, beside the images.

    architecture: name of the network. stem: its first layers. side: that images are resized to, in
    pixels; 0 leaves them as they are. precision: 'fp32' or 'bf16'. fingerprint: hash of the
    weights; empty for random ones, which depend on the seed. description: of the weights, in words.
    """

    architecture: str
    stem: str
    side: int = 0
    precision: str = "fp32"
    fingerprint: str = ""
    description: str = ""
