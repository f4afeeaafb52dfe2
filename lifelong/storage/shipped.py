"""Folder of what comes with the project: runs, studies, the backbone, the recogniser of digits.

In a checkout it is `checkpoints/`. The package has none of it: the folder of a checkout can be
given as `$LIFELONG_SHIPPED`.
"""

import os
from pathlib import Path

from .downloads import cache_folder

CHECKOUT = Path(__file__).parents[2] / "checkpoints"
IS_CHECKOUT = (CHECKOUT / "shipped.txt").is_file()
FOLDER = Path(
    os.environ.get("LIFELONG_SHIPPED")
    or (CHECKOUT if IS_CHECKOUT else cache_folder() / "checkpoints")
)
