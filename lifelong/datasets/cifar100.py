"""CIFAR-100 (Krizhevsky 2009): 50,000 + 10,000 colour images of 32 x 32, a hundred classes."""

from .base import DatasetSpec, Download
from .readers.folder import Folder
from .readers.torchvision_batches import CIFAR100

SPEC = DatasetSpec(
    name="cifar100",
    title="CIFAR-100",
    about="60,000 small photographs of a hundred kinds of animals, plants, people and things",
    classes=(
        *("apple", "aquarium fish", "baby", "bear", "beaver"),
        *("bed", "bee", "beetle", "bicycle", "bottle"),
        *("bowl", "boy", "bridge", "bus", "butterfly"),
        *("camel", "can", "castle", "caterpillar", "cattle"),
        *("chair", "chimpanzee", "clock", "cloud", "cockroach"),
        *("couch", "crab", "crocodile", "cup", "dinosaur"),
        *("dolphin", "elephant", "flatfish", "forest", "fox"),
        *("girl", "hamster", "house", "kangaroo", "keyboard"),
        *("lamp", "lawn mower", "leopard", "lion", "lizard"),
        *("lobster", "man", "maple tree", "motorcycle", "mountain"),
        *("mouse", "mushroom", "oak tree", "orange", "orchid"),
        *("otter", "palm tree", "pear", "pickup truck", "pine tree"),
        *("plain", "plate", "poppy", "porcupine", "possum"),
        *("rabbit", "raccoon", "ray", "road", "rocket"),
        *("rose", "sea", "seal", "shark", "shrew"),
        *("skunk", "skyscraper", "snail", "snake", "spider"),
        *("squirrel", "streetcar", "sunflower", "sweet pepper", "table"),
        *("tank", "telephone", "television", "tiger", "tractor"),
        *("train", "trout", "tulip", "turtle", "wardrobe"),
        *("whale", "willow tree", "wolf", "woman", "worm"),
    ),
    shape=(3, 32, 32),
    kind="photo",
    sources=(Folder("cifar100"), CIFAR100),
    download=Download(
        folder=CIFAR100.folder,
        addresses=("https://www.cs.toronto.edu/~kriz/",),
        archives=(("cifar-100-python.tar.gz", "md5:eb9058c3a382ffc7106e4002c42a8d85"),),
        nbytes=169_001_437,
    ),
    bring=f"the folder {CIFAR100.folder}",
    default_model="resnet50",
    rank=5,
    credit="Alex Krizhevsky, Vinod Nair and Geoffrey Hinton, from the collection 80 Million Tiny"
    " Images; published for research without a licence of its own.",
    hub="uoft-cs/cifar100",
)
