"""ResNet-50 (He et al. 2016) as torchvision has it, with fully connected layers on top."""

from dataclasses import dataclass

from .parts.torchvision_model import Torchvision


@dataclass
class ResNet50(Torchvision):
    """ResNet-50 of torchvision up to its 2,048 pooled features, a hidden layer of 512, a head."""

    architecture = "resnet50"
    title = "ResNet-50"
    summary = (
        "Fifty layers, most of them convolutions, pretrained and frozen or trained as a whole, "
        "and fully connected layers on top."
    )
