"""Numbers as text, for the command line and the pages."""

from decimal import Decimal

NO_BREAK = "\u00a0"
MINUS = "\u2212"
SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def short_id(name: str) -> str:
    """Returns the end of the id of a run or study, by which a person tells it from others.

    >>> short_id("mnist-class-ewc-a1b2c3"), short_id("mnist-class-ewc-0123456789abcdef")
    ('a1b2c3', 'abcdef')
    """
    return name.rpartition("-")[2][-6:]


# Shares


def percent(share: float | None) -> str:
    """Returns a share, or a difference of shares, to a tenth of a per cent.

    >>> percent(0.1953), percent(1.0), percent(-0.5), percent(None)
    ('19.5\\xa0%', '100\\xa0%', '−50\\xa0%', '–')
    """
    if share is None:
        return "–"
    return number(share) + NO_BREAK + "%"


def whole_percent(share: float) -> str:
    """Returns a share to a whole per cent; only all or nothing reads 100 or 0.

    >>> whole_percent(0.42), whole_percent(0.998)
    ('42\\xa0%', '99.8\\xa0%')
    """
    rounded = round(share * 100)
    if rounded in (0, 100) and abs(rounded / 100 - share) > 0.0005:
        return percent(share)
    return f"{rounded}{NO_BREAK}%"


def number(share: float) -> str:
    """Returns a share in per cent without the sign for it, short.

    >>> number(0.1953), number(1.0), number(-0.0004)
    ('19.5', '100', '0')
    """
    return tenths(share).removesuffix(".0")


def signed_number(change: float) -> str:
    """Returns a difference of shares in percentage points without the unit, signed and short.

    >>> signed_number(0.01), signed_number(-0.0651), signed_number(0)
    ('+1', '−6.5', '0')
    """
    return signed_tenths(change).removesuffix(".0") if _rounded(change) else "0"


def cell(share: float | None) -> str:
    """Returns a share in per cent, six characters wide for a table; a dash where there is none.

    >>> cell(0.5), cell(None)
    (' 50.00', '     -')
    """
    return "     -" if share is None else f"{100 * share:6.2f}"


# Differences of shares, in percentage points


def points(size: float) -> str:
    """Returns the size of a difference of shares.

    >>> points(-0.0651), points(0.01)
    ('6.5\\xa0points', '1\\xa0point')
    """
    return _with_unit(number(abs(size)))


def signed_points(change: float) -> str:
    """Returns a difference of shares with its sign.

    >>> signed_points(-0.5), signed_points(0.01), signed_points(0)
    ('−50\\xa0points', '+1\\xa0point', '0\\xa0points')
    """
    return _with_unit(signed_number(change))


def tenths(difference: float) -> str:
    """Returns a difference of shares without the unit, always with a tenth.

    >>> tenths(0.0651), tenths(0.01), tenths(-0.0004)
    ('6.5', '1.0', '0.0')
    """
    return f"{_rounded(difference):.1f}".replace("-", MINUS)


def signed_tenths(difference: float) -> str:
    """Returns a difference of shares without the unit, signed, always with a tenth.

    >>> signed_tenths(0.0077), signed_tenths(-0.087)
    ('+0.8', '−8.7')
    """
    return f"{_rounded(difference):+.1f}".replace("-", MINUS)


def spread(sem: float | None, n: int | None = None) -> str:
    """Returns a standard error in percentage points and the number of seeds, as far as given.

    >>> spread(0.004, 5), spread(0.004), spread(None, 1)
    ('± 0.4 (n = 5)', '± 0.4', '(n = 1)')
    """
    texts = [f"± {tenths(sem)}"] if sem is not None else []
    return " ".join([*texts, *([f"(n = {n})"] if n is not None else [])])


def _rounded(share: float) -> float:
    return round(share * 100, 1) + 0.0  # adding zero turns -0.0 into 0.0


def _with_unit(text: str) -> str:
    return f"{text}{NO_BREAK}point{'' if text.lstrip('+' + MINUS) == '1' else 's'}"


# Other numbers


def magnitude(value: float) -> str:
    """Returns a number that is easy to read at any size.

    >>> magnitude(100), magnitude(5000), magnitude(1e9), magnitude(5e8), magnitude(0.5)
    ('100', '5,000', '10⁹', '5·10⁸', '0.5')
    """
    if value and (abs(value) >= 1e5 or abs(value) < 1e-3):
        digits, _, power = f"{value:.2e}".partition("e")
        digits = digits.rstrip("0").rstrip(".")
        factor = "" if digits == "1" else f"{digits}·"
        return f"{factor}10{str(int(power)).translate(SUPERSCRIPT)}"
    return f"{value:,g}" if value != int(value) else f"{int(value):,}"


def decimal(value: float) -> str:
    """Returns a number in full, without a power of ten.

    >>> decimal(3e-5), decimal(0.1)
    ('0.00003', '0.1')
    """
    return f"{Decimal(str(value)):f}"


def plural(count: int, noun: str) -> str:
    """Returns a count with its noun.

    >>> plural(1, "task"), plural(2000, "task")
    ('1 task', '2,000 tasks')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def size(count: int) -> str:
    """Returns a number of bytes.

    >>> size(300), size(784_000), size(1_234_000), size(170_498_071)
    ('300 bytes', '784 kB', '1.2 MB', '170 MB')
    """
    if count < 1e3:
        return f"{count} bytes"
    if count < 1e6:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e6:.1f} MB" if count < 1e8 else f"{count / 1e6:.0f} MB"


def operations(count: int) -> str:
    """Returns a number of multiply-accumulate operations.

    >>> operations(143_000_000), operations(67_300_000_000), operations(2_100_000_000_000)
    ('143 million', '67.3 billion', '2.1 trillion')
    """
    for power, name in ((12, "trillion"), (9, "billion"), (6, "million")):
        if count >= 10**power:
            return f"{count / 10**power:.3g} {name}"
    return f"{count:,}"


def sizes_by_kind(stored: dict[str, int]) -> str:
    """Returns the bytes that a strategy stores for earlier tasks, by kind.

    >>> sizes_by_kind({"images": 784_000, "logits": 40_000}), sizes_by_kind({})
    ('784 kB of images and 40 kB of logits', 'nothing')
    """
    *first, last = [f"{size(count)} of {kind}" for kind, count in stored.items()] or ["nothing"]
    return " and ".join(filter(None, [", ".join(first), last]))


def duration(seconds: float) -> str:
    """Returns a time, to about two digits.

    >>> duration(1.84), duration(47.2), duration(600), duration(9000)
    ('1.8 s', '47 s', '10 min', '2.5 h')
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def expected_duration(seconds: float) -> str:
    """Returns a time that is only expected, as a round figure.

    >>> expected_duration(2), expected_duration(9), expected_duration(23), expected_duration(52)
    ('a few seconds', 'about 10 s', 'about 25 s', 'about 50 s')
    >>> expected_duration(75), expected_duration(900), expected_duration(9000)
    ('about 1 min', 'about 15 min', 'about 2.5 h')
    """
    if seconds < 4:
        return "a few seconds"
    if seconds < 55:
        step = 5 if seconds < 30 else 10
        return f"about {max(5, round(seconds / step) * step)} s"
    minutes = max(1, round(seconds / 60))
    if minutes < 90:
        return f"about {minutes if minutes < 10 else round(minutes / 5) * 5} min"
    return f"about {round(seconds / 1800) / 2:g} h"
