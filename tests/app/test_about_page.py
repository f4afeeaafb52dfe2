"""The About page names whose data is shown, and a source that exists."""

import pytest

from lifelong import api
from tests.app.helpers import open_page, page_text


def test_every_data_set_from_others_is_credited():
    text = page_text(open_page("about"))
    for name in ("mnist", "cifar10", "fashion-mnist"):
        spec = api.dataset_spec(name)
        assert spec.credit and spec.title in text and spec.credit in text


@pytest.mark.parametrize(
    "environment, says",
    [
        ({}, "begin with `README.md`"),
        ({"LIFELONG_SOURCE": "https://example.org/ours"}, "(https://example.org/ours)"),
        ({"LIFELONG_SOURCE": "javascript:alert(1)"}, "begin with `README.md`"),
        ({"SPACE_ID": "us/lifelong"}, "(https://huggingface.co/spaces/us/lifelong/tree/main)"),
    ],
)
def test_the_source_is_where_the_app_is_from(monkeypatch, environment, says):
    for name in ("LIFELONG_SOURCE", "SPACE_ID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert says in page_text(open_page("about"))
