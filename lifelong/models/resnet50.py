"""ResNet-50 (He et al. 2016) as torchvision has it, with fully connected layers on top."""

from dataclasses import dataclass

from .parts.torchvision_model import Torchvision


@dataclass
class ResNet50(Torchvision):
    """Torchvision's ResNet-50 up to its pooled 2,048 features, then one hidden layer of 512 and the
    head.
    """

    architecture = "resnet50"
    title = "ResNet-50"
    summary = (
        "Fifty layers, most of them convolutions, pretrained and frozen or trained as a whole, "
        "and fully connected layers on top."
    )
