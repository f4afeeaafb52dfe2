"""Laws of the table of a comparison."""

from lifelong.cli import tables


def row(strategy, accuracy, forgetting, stored, seconds, n=3):
    mean = {"average_accuracy": accuracy, "forgetting": forgetting, "seconds": seconds}
    sem = {name: 0.01 if n > 1 else None for name in mean}
    return {
        "strategy": strategy, "n": n, "mean": mean, "sem": sem, "stored": {"images": stored},
        "average_accuracy": accuracy,
    }  # fmt: skip


ROWS = [row("finetune", 0.2, 0.9, 0, 1.0), row("replay", 0.9, 0.1, 5000, 2.0)]


def lines(capsys, rows):
    tables.print_comparison(rows)
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_the_best_of_each_column_is_marked_and_nothing_is_coloured_where_it_is_piped(capsys):
    head, finetune, replay, sentence = lines(capsys, ROWS)
    assert head.split() == ["strategy", "n", "accuracy", "forgetting", "stored", "training"]
    assert "90.0 ± 1\xa0% *" in replay and "10.0 ± 1\xa0% *" in replay and replay.count("*") == 2
    assert "0 bytes *" in finetune.replace("\xa0", " ") and finetune.count("*") == 2
    assert "\x1b" not in head + finetune + replay + sentence


def test_the_sentence_names_the_best_and_the_last():
    words = tables.sentence(ROWS)
    assert words.startswith("replay gets most right after all tasks: 90.0 ± 1\xa0%")
    assert "finetune least: 20.0 ± 1\xa0%" in words and "n = 3" in words
    assert "least" not in tables.sentence([ROWS[1]])
    assert "one seed" in tables.sentence([row("ewc", 0.5, None, 0, 1, n=1)])


def test_without_a_difference_none_is_the_best(capsys):
    equal = lines(capsys, [row("a", 0.5, None, 10, 1.0), row("b", 0.5, None, 10, 1.0)])
    assert "*" not in "".join(equal[1:3]) and equal[3].startswith("All get as much right")
