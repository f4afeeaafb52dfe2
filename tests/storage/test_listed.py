"""Laws of folders that several processes clear up at once: what is gone is no error."""

from pathlib import Path

import torch

from lifelong.runs import store as run_store
from lifelong.runs import trash
from lifelong.storage import cache, listed
from tests.helpers import config, learned_run


def gone(*files: Path) -> None:
    for file in files:
        file.unlink()


def test_files_that_another_process_removes_meanwhile_are_left_out(tmp_path):
    for name in "abc":
        (tmp_path / name).write_bytes(b"123")
    files = sorted(tmp_path.iterdir())
    gone(files[1])
    assert set(listed.newest_first(files)) == {files[0], files[2]}
    assert listed.nbytes(tmp_path) == 6 and listed.nbytes(tmp_path / "none") == 0


def test_two_processes_may_clear_one_cache(tmp_path, monkeypatch):
    """Another process removes each file between the moment it is listed and looked at."""
    monkeypatch.setenv("LIFELONG_FEATURES_GB", "1e-6")
    for name in "abc":
        cache.store(tmp_path / f"{name}.safetensors", {"x": torch.zeros(60)})
    real = Path.glob

    def racing(self, pattern):
        for file in list(real(self, pattern)):
            file.unlink()
            yield file

    with monkeypatch.context() as patch:
        patch.setattr(Path, "glob", racing)
        cache.store(tmp_path / "d.safetensors", {"x": torch.zeros(60)})
    assert cache.load(tmp_path / "d.safetensors", {"x"}) is not None


def test_the_list_of_runs_lives_with_one_that_is_deleted_meanwhile(monkeypatch):
    one, other = learned_run(config(tasks=1)), learned_run(config(tasks=1, seed=1))
    real = Path.glob

    def racing(self, pattern):
        for file in list(real(self, pattern)):
            if file.parent == one:
                trash.move_to(one)
            yield file

    monkeypatch.setattr(Path, "glob", racing)
    assert [name for name in run_store.ids() if name.startswith("toy")] == [other.name]
