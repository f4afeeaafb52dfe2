"""Forms of each digit as people write them: skeletons of strokes, each with a name.

Those of `benchmarks.strokes`, which the recogniser is measured on, and more: with a bar, a foot or
a flag, open and closed, in one stroke and in two.
"""

from benchmarks.strokes import DIGITS, Figure, arc

MORE: dict[str, dict[str, Figure]] = {
    "0": {"tilted": [arc(0.5, 0.5, 0.28, 0.44, -60, 320)]},
    "1": {
        "foot, no flag": [[(0.5, 0.05), (0.5, 0.95)], [(0.28, 0.95), (0.72, 0.95)]],
        "long flag": [[(0.2, 0.45), (0.55, 0.05), (0.55, 0.95)]],
    },
    "2": {
        "like a Z": [[(0.22, 0.2), (0.4, 0.06), (0.7, 0.12), (0.68, 0.4), (0.2, 0.94), (0.8, 0.94)]]
    },
    "3": {
        "with a loop": [
            [
                *arc(0.45, 0.28, 0.26, 0.22, -150, 90),
                (0.36, 0.46),
                *arc(0.46, 0.72, 0.3, 0.24, -90, 150),
            ]
        ]
    },
    "4": {
        "closed, two strokes": [
            [(0.6, 0.05), (0.18, 0.62), (0.84, 0.62)],
            [(0.62, 0.05), (0.62, 0.95)],
        ],
        "open, rounded": [
            [(0.28, 0.06), (0.24, 0.38), (0.34, 0.5), (0.7, 0.46)],
            [(0.72, 0.06), (0.68, 0.95)],
        ],
    },
    "5": {
        "rounded, one stroke": [
            [(0.72, 0.08), (0.36, 0.1), (0.3, 0.4), *arc(0.46, 0.68, 0.28, 0.26, -120, 130)]
        ]
    },
    "6": {
        "curved": [[*arc(0.72, 0.6, 0.48, 0.55, -90, -180), *arc(0.5, 0.7, 0.26, 0.25, 200, -150)]]
    },
    "7": {
        "curved": [[(0.2, 0.1), (0.5, 0.06), (0.8, 0.08), (0.6, 0.4), (0.48, 0.7), (0.46, 0.95)]],
        "flag and bar": [
            [(0.2, 0.2), (0.22, 0.07), (0.8, 0.07), (0.42, 0.95)],
            [(0.32, 0.5), (0.8, 0.46)],
        ],
    },
    "8": {
        "open at the top": [
            [
                (0.7, 0.12),
                *arc(0.5, 0.27, 0.22, 0.2, -60, -270),
                *arc(0.5, 0.72, 0.26, 0.24, -90, 250),
                (0.74, 0.2),
            ]
        ]
    },
    "9": {"two strokes": [arc(0.48, 0.3, 0.25, 0.25, 0, -360), [(0.74, 0.08), (0.72, 0.95)]]},
}
NAMES = {
    "0": ("oval", "narrow", "open"),
    "1": ("bar", "flag", "flag and foot"),
    "2": ("plain", "with a loop"),
    "3": ("round", "flat top"),
    "4": ("open, two strokes", "closed, one stroke", "open, angular"),
    "5": ("one stroke", "two strokes"),
    "6": ("plain", "slim"),
    "7": ("plain", "with a bar", "flag"),
    "8": ("one stroke", "two strokes"),
    "9": ("plain", "hooked"),
}
FORMS: dict[str, dict[str, Figure]] = {
    digit: dict(zip(NAMES[digit], DIGITS[digit], strict=True)) | more
    for digit, more in MORE.items()
}
