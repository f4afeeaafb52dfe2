"""Laws of every declared data set: its declaration, layouts, download and fallback."""

import re
import sys

import pytest
import torch

from lifelong import api, datasets, registry
from lifelong.data.examples import Dataset
from lifelong.datasets.base import DatasetSpec, Source
from lifelong.errors import LifelongError
from lifelong.storage import downloads
from tests.datasets.stand_ins import archives, layouts, with_download
from tests.image_helpers import is_one_sentence
from tests.sample_files import go_online, server

SPECS = registry.datasets()
every_dataset = pytest.mark.parametrize("name", SPECS)
# A data set that transforms another's images has its layouts and its download.
OWN_FILES = {name: spec for name, spec in SPECS.items() if spec.transformation is None}
DOWNLOADED = [name for name, spec in OWN_FILES.items() if spec.download]
every_download = pytest.mark.parametrize("name", DOWNLOADED)
CHECKSUM = re.compile(r"md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}")
TROUBLES = ["wrong checksum", "cut off", "not there", "no server", "silent"]


@pytest.fixture
def data(monkeypatch, tmp_path):
    """An empty LIFELONG_DATA."""
    monkeypatch.setenv("LIFELONG_DATA", str(tmp_path / "data"))
    datasets.forget()
    return tmp_path / "data"


def sources() -> list[tuple[str, int, str]]:
    """Returns every data set with the position of each source and each of its layouts."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        return [
            (name, position, layout)
            for name, spec in OWN_FILES.items()
            for position, source in enumerate(spec.sources)
            for layout in layouts(source, spec, monkeypatch) or ("as it comes",)
        ]


def declare(monkeypatch, spec: DatasetSpec) -> None:
    """Replaces the declaration of a data set in the registry."""
    real = registry.dataset
    monkeypatch.setattr(registry, "dataset", lambda name: spec if name == spec.name else real(name))
    datasets.forget()


def assert_fits(dataset: Dataset, spec: DatasetSpec) -> None:
    """Checks a loaded data set against its declaration."""
    assert (dataset.name, dataset.classes, dataset.shape) == (spec.name, spec.classes, spec.shape)
    splits = [
        (dataset.train_images, dataset.train_labels),
        (dataset.test_images, dataset.test_labels),
    ]
    for images, labels in splits:
        assert images.dtype == torch.uint8 and images.shape == (len(labels), *spec.shape)
        assert labels.dtype == torch.int64 and images.is_contiguous()
        assert set(labels.tolist()) == set(range(len(spec.classes)))
    assert dataset.source and "\n" not in dataset.source


def refused(name: str) -> str:
    """Returns the error message."""
    with pytest.raises(LifelongError) as error:
        datasets.load(name)
    assert is_one_sentence(str(error.value)), error.value
    return str(error.value)


# The declaration


@every_dataset
def test_a_declaration_is_complete(name):
    spec = SPECS[name]
    assert isinstance(spec, DatasetSpec) and spec.name == name and not spec.own
    assert spec.title.strip() and spec.about.strip() and not spec.about.endswith(".")
    assert len(spec.classes) == len(set(spec.classes)) >= 2 and all(spec.classes)
    assert len(spec.shape) == 3 and spec.shape[0] in (1, 3) and min(spec.shape) > 0
    assert spec.kind in ("digit", "photo")
    assert spec.kind == "photo" or (spec.shape == (1, 28, 28) and len(spec.classes) == 10)
    assert spec.sources and all(isinstance(source, Source) for source in spec.sources)


@every_dataset
def test_the_names_in_a_declaration_exist(name):
    spec = SPECS[name]
    assert spec.default_model in (None, *registry.names("models"))
    assert spec.judge_run is None or api.is_shipped(spec.judge_run)
    if spec.fallback:
        stand_in = SPECS[spec.fallback]
        assert (stand_in.classes, stand_in.shape) == (spec.classes, spec.shape)
        assert stand_in.phrase and stand_in.location() is not None


@every_download
def test_a_download_is_declared_with_addresses_checksums_and_size(name):
    spec = SPECS[name]
    assert spec.download.addresses and spec.bring
    assert all(re.fullmatch(r"https?://\S+/", address) for address in spec.download.addresses)
    assert len(dict(spec.download.archives)) == len(spec.download.archives) > 0
    for archive, checksum in spec.download.archives:
        assert "/" not in archive and CHECKSUM.fullmatch(checksum)
        assert archive.endswith((".gz", ".zip", ".mat"))
        assert bool(spec.download.members) == archive.endswith(".zip")
    assert spec.download.nbytes > 1_000_000


def test_an_embedded_data_set_needs_no_download():
    for name in set(OWN_FILES) - set(DOWNLOADED):
        assert SPECS[name].location() is not None


def test_titles_and_positions_in_lists_differ():
    own = [spec for spec in SPECS.values() if spec.rank < 100]
    assert len({spec.title for spec in SPECS.values()}) == len(SPECS)
    assert len({spec.rank for spec in own}) == len(own)


@pytest.mark.parametrize("name", sorted(set(SPECS) - set(OWN_FILES)))
def test_a_transformed_data_set_is_declared_as_another_one_with_its_files(name):
    spec = SPECS[name]
    [other] = [each for each in OWN_FILES.values() if each.sources == spec.sources]
    assert (spec.classes, spec.shape, spec.kind) == (other.classes, other.shape, other.kind)
    assert spec.download == other.download and spec.transformation.about
    assert set(spec.usable_scenarios) <= {"task", "domain", "class"} and spec.default_tasks > 1


# On disk


@pytest.mark.parametrize(("name", "position", "layout"), sources())
def test_every_layout_of_every_source_is_read(data, monkeypatch, name, position, layout):
    spec = SPECS[name]
    source = spec.sources[position]
    if put := layouts(source, spec, monkeypatch).get(layout):
        assert source.location() is None
        put(data, spec)
    assert datasets.is_available(name) and datasets.location(name) == source.location()
    assert_fits(datasets.load(name), spec)
    assert datasets.load(name) is datasets.load(name)


@every_dataset
def test_without_a_copy_offline_there_is_a_fallback_or_a_sentence(data, capsys, name):
    spec = SPECS[name]
    if spec.location() is not None:
        assert_fits(datasets.load(name), spec)
    elif spec.fallback:
        assert datasets.load(name).name == spec.fallback
    else:
        assert refused(name) == (
            f"{spec.title} is not on this machine and LIFELONG_OFFLINE forbids its download; "
            f"connect to the internet, or put {spec.bring} under LIFELONG_DATA."
        )
    assert capsys.readouterr().out == ""


# The download, from a server on this machine


@pytest.fixture
def packed(data, monkeypatch, tmp_path, name) -> dict[str, bytes]:
    """The archives of a stand-in, in the layout that is read after a download."""
    go_online(monkeypatch)
    spec = SPECS[name]
    for source in spec.sources:
        for put in layouts(source, spec, monkeypatch).values():
            put(tmp_path / "away", spec)
    return archives(tmp_path / "away", spec)


def loaded(name: str) -> Dataset:
    """Loads a data set without the one in memory."""
    datasets.forget()
    return datasets.load(name)


@every_download
def test_a_data_set_is_downloaded_once_and_found_the_next_time(
    packed, monkeypatch, capsys, tmp_path, name
):
    with server(packed) as (address, requests):
        spec = with_download(SPECS[name], packed, address)
        declare(monkeypatch, spec)
        assert not datasets.is_available(name)
        assert_fits(loaded(name), spec)
        assert requests == [archive for archive, _checksum in spec.download.archives]
        requests.clear()
        assert_fits(loaded(name), spec)
        assert requests == []
    folder = tmp_path / "cache" / spec.download.folder
    assert datasets.location(name) == folder and not [*folder.glob("*.gz"), *folder.glob("tmp*")]
    assert capsys.readouterr().out == "", "standard output belongs to --json"


@every_download
def test_the_bytes_of_a_download_are_yielded_as_they_come(packed, monkeypatch, name):
    monkeypatch.setattr(downloads, "PERIOD", 0.02)
    with server(packed, pause=0.02) as (address, _requests):
        spec = with_download(SPECS[name], packed, address)
        declare(monkeypatch, spec)
        events = list(datasets.load_with_progress(name))
    count = sum(event.what == f"Downloading {spec.title}" for event in events)
    download, rest = events[:count], events[count:]
    assert all((event.unit, event.total) == ("B", spec.download.nbytes) for event in download)
    done = [event.done for event in download]
    assert done[0] == 0 and done == sorted(done) and done[-1] == spec.download.nbytes
    assert rest[0].what == f"Unpacking {spec.title}"
    assert list(datasets.load_with_progress(name)) == [], "the second time there is nothing to do"


@every_download
def test_a_download_that_is_ended_leaves_nothing(packed, monkeypatch, tmp_path, name):
    with server(packed, 0.5, silent=True) as (address, _requests):
        declare(monkeypatch, with_download(SPECS[name], packed, address))
        steps = datasets.load_with_progress(name)
        for _ in range(3):
            next(steps)
        steps.close()
    assert [file for file in (tmp_path / "cache").rglob("*") if file.is_file()] == []
    assert not datasets.is_available(name)


@pytest.mark.parametrize("trouble", TROUBLES)
@every_download
def test_a_failed_download_is_an_error_leaves_no_file_and_is_tried_again(
    packed, monkeypatch, capsys, tmp_path, name, trouble
):
    monkeypatch.setattr(downloads, "TIMEOUT", 0.5 if trouble == "silent" else 15)
    served = {} if trouble == "not there" else packed
    cut = {"cut off": 0.5, "silent": 0.0}.get(trouble, 1.0)
    with server(served, cut, silent=trouble == "silent") as (address, _requests):
        address = "http://127.0.0.1:9/" if trouble == "no server" else address
        spec = with_download(SPECS[name], packed, address, right=trouble != "wrong checksum")
        declare(monkeypatch, spec)
        for _time in range(2):
            datasets.forget()
            if spec.fallback:
                assert datasets.load(name).name == spec.fallback
                sentence = (
                    f"{spec.title} is not under LIFELONG_DATA and could not be downloaded; "
                    f"using {SPECS[spec.fallback].phrase}."
                )
                assert sentence in capsys.readouterr().err.splitlines()
            else:
                assert refused(name) == (
                    f"{spec.title} is not on this machine and it could not be downloaded; "
                    f"connect to the internet, or put {spec.bring} under LIFELONG_DATA."
                )
    assert [file for file in (tmp_path / "cache").rglob("*") if file.is_file()] == []
    with server(packed) as (address, _requests):
        declare(monkeypatch, with_download(SPECS[name], packed, address))
        assert_fits(loaded(name), spec)


@every_download
def test_the_second_address_is_tried_if_the_first_does_not_answer(packed, monkeypatch, name):
    with server(packed) as (address, _requests):
        spec = with_download(SPECS[name], packed, "http://127.0.0.1:9/")
        from dataclasses import replace

        addresses = (*spec.download.addresses, address)
        spec = replace(spec, download=replace(spec.download, addresses=addresses))
        declare(monkeypatch, spec)
        assert_fits(loaded(name), spec)


@every_download
def test_a_download_folder_that_cannot_be_created_counts_as_no_network(
    packed, monkeypatch, tmp_path, name
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LIFELONG_CACHE", str(tmp_path / "file"))
    if SPECS[name].fallback:
        assert datasets.load(name).name == SPECS[name].fallback
    else:
        assert "could not be downloaded" in refused(name)


def test_declarations_import_no_torch():
    from tests.helpers import python

    code = (
        "import sys; from lifelong import registry; registry.datasets(); print('torch' in "
        "sys.modules)"
    )
    assert python("-c", code).stdout.strip() == "False"
    assert "torch" in sys.modules
