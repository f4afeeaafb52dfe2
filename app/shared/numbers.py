"""Numbers as text: shares, differences of shares, magnitudes and counts."""

NO_BREAK = "\u00a0"
MINUS = "\u2212"
SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def percent(share: float | None) -> str:
    """Returns a share to a tenth of a per cent.

    >>> percent(0.1953), percent(1.0), percent(None)
    ('19.5\\xa0%', '100\\xa0%', '–')
    """
    if share is None:
        return "–"
    return f"{_tenths(share):.1f}".removesuffix(".0") + NO_BREAK + "%"


def signed_percent(value: float | None) -> str:
    """Returns a value that may be negative, to a tenth of a per cent.

    >>> signed_percent(-0.5)
    '−50\\xa0%'
    """
    return percent(value).replace("-", MINUS)


def whole_percent(share: float) -> str:
    """Returns a share to a whole per cent; only all or nothing reads 100 or 0.

    >>> whole_percent(0.42), whole_percent(0.998)
    ('42\\xa0%', '99.8\\xa0%')
    """
    rounded = round(share * 100)
    if rounded in (0, 100) and abs(rounded / 100 - share) > 0.0005:
        return percent(share)
    return f"{rounded}{NO_BREAK}%"


def points(size: float) -> str:
    """Returns the size of a difference of shares in percentage points.

    >>> points(-0.0651), points(0.01)
    ('6.5\\xa0points', '1\\xa0point')
    """
    return _unit(f"{abs(_tenths(size)):.1f}".removesuffix(".0"))


def signed_points(change: float) -> str:
    """Returns a difference of shares in percentage points, with its sign.

    >>> signed_points(-0.5), signed_points(0.01), signed_points(0)
    ('−50\\xa0points', '+1\\xa0point', '0\\xa0points')
    """
    value = _tenths(change)
    number = f"{value:+.1f}" if value else "0"
    return _unit(number.removesuffix(".0").replace("-", MINUS))


def tenths(share: float) -> str:
    """Returns a difference of shares in percentage points, without the unit.

    >>> tenths(0.0651), tenths(-0.0004)
    ('6.5', '0.0')
    """
    return f"{_tenths(share):.1f}".replace("-", MINUS)


def signed_tenths(share: float) -> str:
    """Returns a difference of shares in percentage points, signed, without the unit.

    >>> signed_tenths(0.0077), signed_tenths(-0.087)
    ('+0.8', '−8.7')
    """
    return f"{_tenths(share):+.1f}".replace("-", MINUS)


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


def plural(count: int, noun: str) -> str:
    """Returns a count with its noun.

    >>> plural(1, "task"), plural(2000, "task")
    ('1 task', '2,000 tasks')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _tenths(share: float) -> float:
    return round(share * 100, 1) + 0.0  # adding zero turns -0.0 into 0.0


def _unit(number: str) -> str:
    return f"{number}{NO_BREAK}point{'' if number.lstrip('+' + MINUS) == '1' else 's'}"
