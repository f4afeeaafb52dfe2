"""Laws of the names and stars of runs: tidied, refused where nobody can read them, never fatal."""

import pytest

from lifelong.errors import LifelongError
from lifelong.runs import bookmarks
from lifelong.runs.bookmarks import Bookmark
from tests.runs.helpers import full, sentence


def test_a_bookmark_is_read_as_it_was_written(tmp_path):
    assert bookmarks.read(tmp_path) == Bookmark()
    bookmark = Bookmark(name="Größe 👩‍🔬 <b>", star=True)
    bookmarks.write(tmp_path, bookmark)
    assert bookmarks.read(tmp_path) == bookmark
    bookmarks.write(tmp_path, Bookmark())
    assert not list(tmp_path.iterdir()), "no file for nothing"


@pytest.mark.parametrize(
    ("given", "tidy"),
    [
        ("a", "a"),
        ("  a   b ", "a b"),
        ("x" * 60, "x" * 60),
        ("e\u0301", "\u00e9"),
        ("<script>", "<script>"),
    ],
)
def test_a_name_that_fits_is_tidied(given, tidy):
    assert bookmarks.tidy_name(given) == tidy


@pytest.mark.parametrize(
    "given", ["", "   ", "x" * 61, "a\nb", "a\x00", "\x1b[31m", "a\u202eb", "a\u200bb", "\ud800"]
)
def test_a_name_that_does_not_fit_is_refused_in_a_sentence(given):
    with pytest.raises(LifelongError, match="expected 1 to 60") as error:
        bookmarks.tidy_name(given)
    sentence(error)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"7",
        b"\xff",
        b'{"name": "a\\nb"}',
        b'{"name": " a"}',
        b'{"star": "maybe"}',
        b'{"name": "%s"}' % (b"x" * 61),
        b'{"more": 1}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_bookmark_is_none(tmp_path, content):
    (tmp_path / bookmarks.FILE).write_bytes(content)
    assert bookmarks.read(tmp_path) == Bookmark()


def test_a_full_disk_leaves_the_bookmark_before(tmp_path, monkeypatch):
    bookmarks.write(tmp_path, Bookmark(name="a"))
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(LifelongError, match="could not be written") as error:
        bookmarks.write(tmp_path, Bookmark(name="b"))
    sentence(error)
    assert bookmarks.read(tmp_path).name == "a"
