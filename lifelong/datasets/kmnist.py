"""KMNIST (Clanuwat et al. 2018): 60,000 + 10,000 grey images of cursive hiragana, 28 x 28."""

from .base import DatasetSpec, Download
from .readers.folder import Folder
from .readers.idx import Idx

SPEC = DatasetSpec(
    name="kmnist",
    title="KMNIST",
    about="70,000 small grey pictures of ten characters of cursive Japanese",
    classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    shape=(1, 28, 28),
    kind="photo",
    sources=(Idx("KMNIST"), Folder("kmnist")),
    download=Download(
        folder="KMNIST/raw",
        addresses=("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
        archives=(
            ("train-images-idx3-ubyte.gz", "md5:bdb82020997e1d708af4cf47b453dcf7"),
            ("train-labels-idx1-ubyte.gz", "md5:e144d726b3acfaa3e44228e80efcd344"),
            ("t10k-images-idx3-ubyte.gz", "md5:5c965bf0a639b31b8f53240b1b52f4d7"),
            ("t10k-labels-idx1-ubyte.gz", "md5:7320c461ea6c1c855c0b718fb2a4b134"),
        ),
        nbytes=21_240_888,
    ),
    bring="its four IDX files into KMNIST/raw",
    default_model="mlp",
    rank=6,
    credit="Tarin Clanuwat and others, Center for Open Data in the Humanities, from documents of"
    " the National Institute of Japanese Literature; licence CC BY-SA 4.0.",
)
