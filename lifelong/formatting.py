"""Bytes and seconds as people read them."""


def size(count: int) -> str:
    """Bytes as people read them.

    >>> size(784_000)
    '784 kB'
    """
    return (
        f"{count / 1e6:.1f} MB"
        if count >= 1e6
        else f"{count / 1e3:.0f} kB"
        if count >= 1e3
        else f"{count} bytes"
    )


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def stored(kept: dict[str, int]) -> str:
    """What a strategy keeps for earlier tasks, by kind.

    >>> stored({"images": 784_000, "logits": 40_000}), stored({})
    ('784 kB of images, 40 kB of logits', 'nothing')
    """
    return ", ".join(f"{size(count)} of {kind}" for kind, count in kept.items()) or "nothing"


def cell(share: float | None) -> str:
    """Returns a share in percent, six characters wide for a table; a dash where there is none.

    >>> cell(0.5), cell(None)
    (' 50.00', '     -')
    """
    return "     -" if share is None else f"{100 * share:6.2f}"
