"""EMNIST Letters (Cohen et al. 2017): 124,800 + 20,800 grey letters, 28 x 28.

Upper and lower case of a letter are one class.
"""

import string

from .base import DatasetSpec, Download
from .readers.folder import Folder
from .readers.idx import EMNIST_LETTERS

SPEC = DatasetSpec(
    name="emnist-letters",
    title="EMNIST Letters",
    about="145,600 handwritten letters, upper and lower case of each as one class",
    classes=tuple(string.ascii_lowercase),
    shape=(1, 28, 28),
    kind="photo",
    sources=(EMNIST_LETTERS, Folder("emnist-letters")),
    download=Download(
        folder="EMNIST/raw",
        addresses=("https://biometrics.nist.gov/cs_links/EMNIST/",),
        archives=(("gzip.zip", "md5:58c8d27c78d21e728a6bc7b3cc06412e"),),
        nbytes=561_753_746,
        members=EMNIST_LETTERS.packed_files,
    ),
    bring="its four IDX files of the letters into EMNIST/raw",
    default_model="mlp",
    rank=7,
    credit="Gregory Cohen, Saeed Afshar, Jonathan Tapson and André van Schaik, from NIST Special"
    " Database 19; published without a licence of its own.",
)
