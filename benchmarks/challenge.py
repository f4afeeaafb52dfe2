"""Measures the scores that the challenge of the Learn page compares a visitor's choice with.

    python -m benchmarks.challenge

Writes `lifelong/teaching/challenge_rivals.json`: accuracy on the old digits without replay, of
CHOICES random choices and of herding, each the mean of the same trainings as a visitor's; and how
much one training differs from another by its seed alone. Takes half a minute.
"""

from statistics import fmean, stdev

from lifelong.storage import atomic
from lifelong.teaching import challenge
from lifelong.teaching.challenge_rules import RIVALS_FILE, SEEDS, Rivals

CHOICES = 10
SPREAD_SEEDS = range(8)


def main() -> None:
    """Measures all scores and writes the file."""
    herded = challenge.herded_choice()
    one = challenge.random_choice(0)
    found = Rivals(
        none=fmean(challenge.without_replay(seed) for seed in SEEDS),
        random=tuple(challenge.score(challenge.random_choice(s)).old for s in range(CHOICES)),
        herding=challenge.score(herded).old,
        herded=herded,
        spread=stdev(challenge.score(one, [seed]).old for seed in SPREAD_SEEDS),
    )
    atomic.write_atomically(RIVALS_FILE, found.model_dump_json(indent=1).encode() + b"\n")
    print(found)


if __name__ == "__main__":
    main()
