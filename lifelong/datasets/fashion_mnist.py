"""Fashion-MNIST (Xiao et al. 2017): 60,000 + 10,000 grey images of clothes, 28 x 28."""

from .base import DatasetSpec, Download
from .readers.folder import Folder
from .readers.idx import Idx

SPEC = DatasetSpec(
    name="fashion-mnist",
    title="Fashion-MNIST",
    about="70,000 small grey pictures of ten kinds of clothes",
    classes=(
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    shape=(1, 28, 28),
    kind="photo",
    sources=(Idx("FashionMNIST"), Folder("fashion-mnist")),
    download=Download(
        folder="FashionMNIST/raw",
        addresses=("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
        archives=(
            ("train-images-idx3-ubyte.gz", "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
            ("train-labels-idx1-ubyte.gz", "md5:25c81989df183df01b3e8a0aad5dffbe"),
            ("t10k-images-idx3-ubyte.gz", "md5:bef4ecab320f06d8554ea6380940ec79"),
            ("t10k-labels-idx1-ubyte.gz", "md5:bb300cfdad3c16e7a12a480ee83cd310"),
        ),
        nbytes=30_878_645,
    ),
    bring="its four IDX files into FashionMNIST/raw",
    default_model="mlp",
    rank=4,
    credit="Han Xiao, Kashif Rasul and Roland Vollgraf, Zalando Research; MIT licence.",
    hub="zalando-datasets/fashion_mnist",
)
