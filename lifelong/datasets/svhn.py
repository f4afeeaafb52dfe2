"""SVHN (Netzer et al. 2011): 73,257 + 26,032 colour images of house numbers' digits, 32 x 32."""

from .base import DatasetSpec, Download
from .readers.folder import Folder
from .readers.matlab import SVHN

SPEC = DatasetSpec(
    name="svhn",
    title="SVHN",
    about="99,289 small photographs of the digits in house numbers",
    classes=tuple("0123456789"),
    shape=(3, 32, 32),
    kind="photo",
    sources=(Folder("svhn"), SVHN),
    download=Download(
        folder=SVHN.folder,
        addresses=("http://ufldl.stanford.edu/housenumbers/",),
        archives=(
            ("train_32x32.mat", "md5:e26dedcc434d2e4c54c9b2d4a06d8373"),
            ("test_32x32.mat", "md5:eb5a983be6a315427106f1b164d9cef3"),
        ),
        nbytes=246_316_178,
    ),
    bring=f"{' and '.join(SVHN.files)} into {SVHN.folder}, or parquet files in the same folder,",
    default_model="resnet50",
    rank=8,
    hub="ufldl-stanford/svhn",
    credit="Yuval Netzer and others, Stanford University and Google; for non-commercial use.",
)
