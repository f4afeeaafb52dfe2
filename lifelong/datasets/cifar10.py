"""CIFAR-10 (Krizhevsky 2009): 50,000 + 10,000 colour images of 32 x 32, ten classes.

Parquet copies often hold JPEGs, so accuracies can lie a little below those on the original bytes;
the source says so.
"""

from .base import DatasetSpec, Download
from .readers.folder import Folder
from .readers.torchvision_batches import CIFAR10

SPEC = DatasetSpec(
    name="cifar10",
    title="CIFAR-10",
    about="60,000 small photographs of ten kinds of animals and vehicles",
    classes=(
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    ),
    shape=(3, 32, 32),
    kind="photo",
    sources=(Folder("cifar10"), CIFAR10),
    download=Download(
        folder=CIFAR10.folder,
        addresses=("https://www.cs.toronto.edu/~kriz/",),
        archives=(("cifar-10-python.tar.gz", "md5:c58f30108f718f92721af3b95e74349a"),),
        nbytes=170_498_071,
    ),
    bring=f"the folder {CIFAR10.folder}, or parquet files in a folder cifar10,",
    default_model="resnet50",
    judge_run="cifar10-class-cumulative",
    rank=3,
    credit="Alex Krizhevsky, Vinod Nair and Geoffrey Hinton, from the collection 80 Million Tiny"
    " Images; published for research without a licence of its own.",
    hub="uoft-cs/cifar10",
)
