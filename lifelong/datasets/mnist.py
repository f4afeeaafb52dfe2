"""MNIST (LeCun et al. 1998): 60,000 + 10,000 grey digits of 28 x 28."""

from .base import DatasetSpec, Download
from .readers.folder import Folder
from .readers.idx import Idx

SPEC = DatasetSpec(
    name="mnist",
    title="MNIST",
    about="70,000 handwritten digits",
    classes=tuple("0123456789"),
    shape=(1, 28, 28),
    kind="digit",
    sources=(Idx("MNIST"), Folder("mnist")),
    download=Download(
        folder="MNIST/raw",
        addresses=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "http://yann.lecun.com/exdb/mnist/",
        ),
        archives=(
            ("train-images-idx3-ubyte.gz", "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873"),
            ("train-labels-idx1-ubyte.gz", "md5:d53e105ee54ea40749a09fcbcd1e9432"),
            ("t10k-images-idx3-ubyte.gz", "md5:9fb629c4189551a2d022fa330f9573f3"),
            ("t10k-labels-idx1-ubyte.gz", "md5:ec29112dd5afa0611ce80d1b7f02629c"),
        ),
        nbytes=11_594_722,
    ),
    bring="its four IDX files into MNIST/raw",
    default_model="mlp",
    judge_run="mnist-class-cumulative",
    fallback="mnist-sample",
    rank=1,
    credit="Yann LeCun, Corinna Cortes and Christopher Burges, from databases of NIST; licence"
    " CC BY-SA 3.0.",
    hub="ylecun/mnist",
)
