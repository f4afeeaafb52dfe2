"""Memory of the process that was freed and is to go back to the system."""

import ctypes
import sys


def return_freed() -> None:
    """Returns freed memory to the system, where the C library can.

    glibc otherwise keeps the pieces of tensors of up to 32 MB, for each thread by itself.
    """
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc alone
    if trim is not None:
        trim(0)
