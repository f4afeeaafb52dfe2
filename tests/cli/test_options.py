"""Laws of the flags that are made from the settings of strategies and models."""

import click
import pytest

from lifelong.cli.setting_options import merged, setting_options
from lifelong.errors import LifelongError
from lifelong.settings import Setting

WHOLE = Setting("strength", "How strong.", int, 1, 0, 9)
NUMBER = Setting("strength", "How much of it.", float, 0.5, 0.0, 1.0)
NAME = Setting("strength", "Which one.", str, "low", options=("low", "high"))


def test_settings_of_one_name_share_a_flag_whose_help_has_a_sentence_for_each():
    (option,) = merged([("settings", "a", (WHOLE,)), ("settings", "b", (WHOLE,))])
    assert option.opts == ["--strength"] and set(option.sentences) == {"a", "b"}
    option.show_for("a", of_all=False)
    assert option.help == "How strong. [default: 1]" and not option.hidden
    option.show_for("c", of_all=False)
    assert option.hidden


@pytest.mark.parametrize("settings", [(WHOLE, NUMBER), (NUMBER, WHOLE), (NUMBER, WHOLE, NUMBER)])
def test_whole_numbers_and_others_share_a_flag_that_takes_both(settings):
    (option,) = merged(("settings", str(i), (s,)) for i, s in enumerate(settings))
    assert option.type is click.FLOAT


@pytest.mark.parametrize(
    "other", [("settings", "b", (NAME,)), ("network", "b", (WHOLE,))], ids=["type", "kind"]
)
def test_settings_of_one_name_that_cannot_share_a_flag_are_an_error_that_names_both(other):
    with pytest.raises(LifelongError, match="'strength' of b .* that of a,"):
        merged([("settings", "a", (WHOLE,)), other])


def test_a_former_name_is_a_flag_too():
    (option,) = merged([("settings", "a", (Setting("new", "", int, 1, 0, 9, (), "old_name"),))])
    assert option.opts == ["--new", "--old-name"]


def test_every_setting_of_this_project_has_its_flag():
    assert len(setting_options(("settings", "network"))) > 10


def test_the_help_shows_the_settings_of_the_strategy_and_scenario_that_are_named(cli):
    _, of_ewc, _ = cli("train", "--strategy", "ewc", "--help")
    assert "--strength" in of_ewc and "Settings of ewc" in of_ewc and "--units" in of_ewc
    assert "--per-class" not in of_ewc and "--temperature" not in of_ewc
    _, of_replay, _ = cli("train", "--strategy=replay", "--model", "resnet50", "--help")
    assert "--per-class" in of_replay and "--strength" not in of_replay and "--tune" in of_replay
    _, of_none, _ = cli("train", "--help")
    assert "--strength" not in of_none and "--strategy" in of_none
    task, others = (
        cli("train", "--strategy", "ewc", "--scenario", s, "--help")[1] for s in ("task", "class")
    )
    assert task != others, "the default strength is that of the scenario"
