"""Entry point of `python -m lifelong`."""

import sys

from .cli.commands import main

if __name__ == "__main__":
    sys.exit(main())
