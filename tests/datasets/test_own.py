"""Laws of data sets that people bring: what is found, what is refused, and what lies on disk."""

import io
import os
import stat
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from lifelong import datasets
from lifelong.datasets.own import findings, layout, pictures, store, uploads
from lifelong.datasets.own.layout import Misfit, Slot
from lifelong.datasets.readers import custom
from lifelong.errors import LifelongError
from lifelong.service import own_data
from lifelong.service.own_data import Upload
from tests.image_helpers import is_one_sentence
from tests.sample_files import image_bytes, image_folder, parquet, plain


@pytest.fixture(autouse=True)
def data(monkeypatch, tmp_path):
    """An empty LIFELONG_DATA; uploads are read in this process, which takes less time."""
    monkeypatch.setenv("LIFELONG_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(own_data, "sort_uploads", uploads.sort_here)
    datasets.forget()
    return tmp_path / "data"


def image(value: int = 9, shape=(6, 5, 3), kind: str = "PNG") -> bytes:
    return image_bytes(plain(value, shape), kind)


def pets(*, folder: str = "", each: int = 5) -> dict[str, bytes]:
    """Returns images of two classes, without test images."""
    return {
        f"{folder}{pet}/{k}.png": image(value + k)
        for pet, value in (("cat", 10), ("dog", 200))
        for k in range(each)
    }


def zipped(files: dict, compression=zipfile.ZIP_DEFLATED) -> Upload:
    """Returns a zip file of contents by name, or by zipfile.ZipInfo."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return Upload("pets.zip", out)


def found_in(*uploads: Upload) -> findings.Findings:
    return own_data.stage_uploads(uploads).findings


def counts(found: findings.Findings) -> dict[str, tuple[int, int]]:
    return {each.name: (each.train, each.test) for each in found.classes}


def left_out(found: findings.Findings) -> list[str]:
    return [misfit.sentence for misfit in found.misfits]


def refused(data: Path, what, *given) -> str:
    """Returns the error message; nothing may be left on disk."""
    before = sorted(data.rglob("*")) if data.exists() else []
    with pytest.raises(LifelongError) as error:
        what(*given)
    assert is_one_sentence(str(error.value)), error.value
    assert (sorted(data.rglob("*")) if data.exists() else []) == before
    return str(error.value)


# What is found


@pytest.mark.parametrize("folder", ["", "pets/", "a/b/pets/", "pets/train/", "Train/"])
def test_classes_are_folders_however_deep_they_are_and_every_fifth_image_is_one_to_test_with(
    folder,
):
    found = found_in(zipped(pets(folder=folder)))
    assert counts(found) == {"cat": (4, 1), "dog": (4, 1)} and found.held_out


def test_given_test_images_are_the_test_images():
    files = pets(folder="train/") | pets(folder="test/", each=2)
    found = found_in(zipped(files))
    assert counts(found) == {"cat": (5, 2), "dog": (5, 2)} and not found.held_out


def test_a_folder_a_zip_file_and_images_by_name_hold_the_same(tmp_path):
    by_folder = own_data.stage_path(image_folder(tmp_path / "given", pets())).findings
    by_zip = found_in(zipped(pets()))
    by_name = found_in(
        *(Upload(name.replace("/", "-"), io.BytesIO(content)) for name, content in pets().items())
    )
    assert by_folder == by_zip == by_name


def test_parquet_with_and_without_test_images(tmp_path):
    images, labels = [image(k) for k in range(10)], ["cat", "dog"] * 5
    one = parquet(tmp_path / "given" / "all.parquet", images, labels)
    assert counts(own_data.stage_path(one).findings) == {"cat": (4, 1), "dog": (4, 1)}
    parquet(tmp_path / "two" / "train-0.parquet", images, labels)
    parquet(tmp_path / "two" / "test-0.parquet", images[:4], labels[:4])
    assert counts(own_data.stage_path(tmp_path / "two").findings) == {"cat": (5, 2), "dog": (5, 2)}


def test_sizes_colour_and_what_becomes_of_the_images_are_those_of_the_loaded_data_set(data):
    files = pets() | {"cat/9.png": image(1, (20, 30)), "dog/9.png": image(1, (12, 40))}
    staged = own_data.stage_uploads([zipped(files)])
    found = staged.findings
    assert found.sizes[0] == ((5, 6), 10) and len(found.sizes) == 3 and found.grey == 2
    own_data.keep(staged.id, "pets", "pets.zip")
    dataset = datasets.load("pets")
    assert dataset.shape == found.shape and found.cropped and "cropped" in dataset.source
    assert len(dataset.train_labels) + len(dataset.test_labels) == found.images == 12
    assert own_data.find("pets").sizes == found.sizes


def test_what_does_not_fit_is_named_and_left_out():
    files = pets() | {
        "cat/notes.txt": b"x",
        "cat/none.png": b"no picture",
        "dog/half.png": image()[:50],
        "dog/deep/er/1.png": image(),
        "<b>/1.png": image(),
        "bird/1.png": image(),
        "cat/.hidden.png": b"x",
        "__MACOSX/cat/._0.png": b"x",
        "Thumbs.db": b"x",
    }
    found = found_in(zipped(files))
    assert counts(found) == {"cat": (4, 1), "dog": (4, 1)}
    assert found.n_misfits == len(found.misfits) == 6
    text = "\n".join(left_out(found))
    for begin in (
        "cat/notes.txt is not an image file",
        "cat/none.png is not a picture",
        "dog/half.png is damaged",
        "dog/deep/er/1.png lies deeper",
        "<b>/1.png would be of a class named",
        "The class bird has one image",
    ):
        assert begin in text
    assert all(is_one_sentence(each) for each in left_out(found))


def test_of_many_misfits_the_first_are_named_and_all_counted(monkeypatch):
    monkeypatch.setattr(findings, "MOST_MISFITS", 2)
    found = found_in(zipped(pets() | {f"cat/{k}.txt": b"x" for k in range(5)}))
    assert len(found.misfits) == 2 and found.n_misfits == 5


@pytest.mark.parametrize(
    ("path", "slot"),
    [
        (["cat/1.png", "dog/1.png"], Slot("", "cat")),
        (["TRAIN/cat/1.png", "test/cat/1.png"], Slot("train", "cat")),
        (["cat (1).png", "dog 2.png"], Slot("", "cat")),
        (["cat_001.JPG"], Slot("", "cat")),
        (["photos/cat-1.png", "photos/dog-1.png"], Slot("", "cat")),
        (["train/1.png", "cat/1.png"], Slot("", "train")),
    ],
)
def test_the_slot_of_a_path(path, slot):
    assert layout.slots(path)[0] == slot


@pytest.mark.parametrize("name", ["..", ".", ".x", "", "a\nb", "<script>", "x" * 61, "a\u202eb"])
def test_no_class_has_a_name_that_leads_elsewhere_or_looks_like_markup(name):
    assert layout.class_name(name) is None


def test_labels_in_parquet_are_no_paths(tmp_path, data):
    labels = ["../../escape", "T-shirt/top"] * 3 + ["ok"] * 4
    file = parquet(tmp_path / "x.parquet", [image()] * 10, labels)
    staged = own_data.stage_path(file)
    assert [each.name for each in staged.findings.classes] == ["T-shirt-top", "ok"]
    assert not list(tmp_path.rglob("escape")) and staged.findings.n_misfits == 3
    assert staged.findings.misfits[0].where == "Row 0 of x.parquet"


# Hostile files


def link(name: str, kind: int = stat.S_IFLNK) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.create_system, member.external_attr = 3, (kind | 0o777) << 16
    return member


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"../cat/1.png": image()}, "leads out of its folder"),
        ({"cat/../../1.png": image()}, "leads out of its folder"),
        ({"/etc/cat/1.png": image()}, "leads out of its folder"),
        ({"C:/cat/1.png": image()}, "leads out of its folder"),
        ({"cat\\..\\1.png": image()}, "leads out of its folder"),
        ({link("cat/2.png"): b"/etc/passwd"}, "as a link"),
        ({link("cat/2.png", stat.S_IFCHR): b""}, "as a link"),
        ({"cat/2.png": bytes(9_000_000)}, "no data set has so much"),
    ],
)
def test_a_hostile_zip_file_is_refused_as_a_whole(data, more, says):
    assert says in refused(data, found_in, zipped(pets(each=2) | more))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(data):
    upload = zipped(pets())
    with zipfile.ZipFile(upload.content, "a") as packed:
        packed.writestr("cat/1.png", image(77))
    assert "twice" in refused(data, found_in, upload)


def test_more_bytes_files_or_classes_than_are_taken_are_refused(data, monkeypatch):
    monkeypatch.setattr(pictures, "MOST_BYTES", 500)
    assert "at most 500 bytes" in refused(data, found_in, zipped(pets()))
    monkeypatch.setattr(pictures, "MOST_BYTES", 10**9)
    monkeypatch.setattr(findings, "MOST_BYTES", 500)
    assert "more than 500 bytes" in refused(data, found_in, zipped(pets()))
    monkeypatch.setattr(findings, "MOST_BYTES", 10**9)
    monkeypatch.setattr(findings, "MOST_CLASSES", 1)
    assert "more than 1 classes" in refused(data, found_in, zipped(pets()))
    monkeypatch.setattr(pictures, "MOST_PICTURES", 9)
    assert "More than 9 files" in refused(data, found_in, zipped(pets()))


def test_a_picture_that_is_too_large_is_left_out(monkeypatch):
    large = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (99, 99, 3), dtype=np.uint8)
    Image.fromarray(noise).save(large, "PNG")
    for module in (pictures, findings):
        monkeypatch.setattr(module, "LARGEST", 1000)
    found = found_in(zipped(pets() | {"cat/9.png": large.getvalue()}, zipfile.ZIP_STORED))
    assert counts(found)["cat"] == (4, 1) and "at most 1 kB are read" in left_out(found)[0]
    found = found_in(
        Upload("cat-9.png", large),
        *(Upload(n.replace("/", "-"), io.BytesIO(c)) for n, c in pets().items()),
    )
    assert counts(found)["cat"] == (4, 1) and "has more than 1 kB" in left_out(found)[0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no zip",
        zipped(pets()).content.getvalue()[:-1],
        zipped(pets()).content.getvalue() + b"x",
    ],
    ids=["empty", "none", "cut off", "longer"],
)
def test_what_is_no_whole_zip_file_is_refused(data, content):
    assert "not a whole zip file" in refused(data, found_in, Upload("a.zip", io.BytesIO(content)))


def test_damage_within_a_zip_file_is_one_sentence_and_leaves_nothing(data):
    content = bytearray(zipped(pets(), zipfile.ZIP_STORED).content.getvalue())
    at = content.index(b"IDAT")
    content[at : at + 4] = b"????"
    assert "damaged" in refused(data, found_in, Upload("a.zip", io.BytesIO(bytes(content))))


def test_links_in_a_folder_are_not_followed(tmp_path):
    folder = image_folder(tmp_path / "given", pets())
    (tmp_path / "secret.png").write_bytes(image(66))
    (folder / "cat" / "9.png").symlink_to(tmp_path / "secret.png")
    (folder / "bird").symlink_to(tmp_path, target_is_directory=True)
    found = own_data.stage_path(folder).findings
    assert counts(found) == {"cat": (4, 1), "dog": (4, 1)}
    assert left_out(found) == [
        "cat/9.png is a link or no plain file; put the picture itself there."
    ]


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ([], "No file was given"),
        (["a.zip", "b.png"], "give it alone"),
        (["a.parquet", "b.png"], "one kind at a time"),
        (["a.txt", "b.txt"], "There is no class with images"),
        (["cat-1.png", "cat-2.png"], "There is no class with images"),
    ],
)
def test_what_makes_no_data_set_is_one_sentence(data, names, says):
    uploads = [Upload(name, io.BytesIO(b"x")) for name in names]
    assert says in refused(data, own_data.stage_uploads, uploads)


def test_a_parquet_file_that_repeats_a_large_value_takes_little_memory(tmp_path, monkeypatch):
    from lifelong.datasets.readers import parquet as reader

    monkeypatch.setattr(reader, "UNPACKED", 300_000)
    big = os.urandom(100_000)
    values = pa.DictionaryArray.from_arrays(pa.array([0] * 5000), pa.array([big], pa.binary()))
    file = tmp_path / "given" / "train.parquet"
    file.parent.mkdir()
    table = pa.table({"img": values.cast(pa.binary()), "label": ["cat", "dog"] * 2500})
    import pyarrow.parquet as pq

    pq.write_table(table, file)
    with pq.ParquetFile(file) as opened:
        assert reader._rows_at_once(opened, "x") <= 2
    monkeypatch.setattr(reader, "UNPACKED", 50_000)
    with pytest.raises(LifelongError, match="groups of rows"):
        own_data.stage_path(file)


def test_a_label_of_absurd_length_is_refused(data, tmp_path):
    file = parquet(tmp_path / "x.parquet", [image()] * 4, ["cat", "dog", "dog", "x" * 2000])
    assert refused(data, own_data.stage_path, file).startswith("x.parquet has a label of more than")


# On disk


def test_a_stored_data_set_is_one_like_any_other_and_removed_for_good(data):
    staged = own_data.stage_uploads([zipped(pets())])
    assert "pets" not in datasets.names()
    assert own_data.keep(staged.id, "pets", "pets.zip", [["dog"], ["cat"]]) == "pets"
    assert not list(data.glob(".adding-*"))
    spec = datasets.spec("pets")
    assert spec.own and spec.classes == ("cat", "dog") and spec.groups == (("dog",), ("cat",))
    assert spec.grouping == {"tasks": 2, "task_sizes": (1, 1), "class_order": (1, 0)}
    assert (
        own_data.names() == ("pets",)
        and datasets.load("pets").train_labels.tolist() == [0] * 4 + [1] * 4
    )
    own_data.regroup("pets", [["cat", "dog"]])
    assert datasets.spec("pets").groups == (("cat", "dog"),)
    assert own_data.remove("pets") == 0
    assert "pets" not in datasets.names() and not list(data.iterdir())


@pytest.mark.parametrize("name", ["", "a/b", "..", "MNIST", "mnist", "Pets", "x" * 61, ".adding-x"])
def test_a_name_that_is_taken_or_no_name_is_refused(data, name):
    first = own_data.stage_uploads([zipped(pets())])
    own_data.keep(first.id, "pets", "x")
    staged = own_data.stage_uploads([zipped(pets())])
    refused(data, own_data.keep, staged.id, name, "x")
    assert store.staged_folder(staged.id).is_dir(), "it can be stored under another name"


@pytest.mark.parametrize(
    "groups", [[["cat"]], [["cat", "dog"], ["dog"]], [["cat", "dog", "bird"]], [["cat", "dog"], []]]
)
def test_groups_hold_each_class_once(data, groups):
    staged = own_data.stage_uploads([zipped(pets())])
    refused(data, own_data.keep, staged.id, "pets", "x", groups)


def test_a_folder_that_was_put_there_by_hand_is_shown_but_not_removed(data):
    image_folder(data / "mine", pets(folder="train/") | pets(folder="test/", each=1))
    assert counts(own_data.find("mine")) == {"cat": (5, 1), "dog": (5, 1)}
    assert "by hand" in refused(data, own_data.remove, "mine")
    assert "no data set" in refused(data, own_data.remove, "nope")
    assert "no data set" in refused(data, own_data.find, "nope")
    assert own_data.names() == ()


@pytest.mark.parametrize("text", ["", "{", '{"tasks": [["cat"]]}', '{"tasks": 7}', '{"x": 1}'])
def test_a_description_that_does_not_fit_groups_nothing(data, text):
    staged = own_data.stage_uploads([zipped(pets())])
    own_data.keep(staged.id, "pets", "x")
    (data / "pets" / custom.DESCRIPTION).write_text(text)
    spec = datasets.spec("pets")
    assert spec.classes == ("cat", "dog") and spec.groups == () and spec.grouping == {}


@pytest.mark.parametrize("staged", ["..", "pets", ".adding-", ".adding-../x", ".adding-gone1"])
def test_only_what_was_staged_is_stored_or_discarded(data, staged):
    image_folder(data / "pets", pets(folder="train/"))
    assert "gone" in refused(data, own_data.keep, staged, "new", "x")
    own_data.discard(staged)
    assert (data / "pets" / "train" / "cat").is_dir()


def test_what_was_staged_and_left_is_removed_after_hours(data):
    staged = own_data.stage_uploads([zipped(pets())])
    store.remove_left_over()
    assert store.staged_folder(staged.id).is_dir()
    os.utime(data / staged.id, (0, 0))
    store.remove_left_over()
    assert not (data / staged.id).exists()


def test_a_server_with_a_limit_takes_no_more_than_that(data, monkeypatch):
    first = own_data.stage_uploads([zipped(pets())])
    own_data.keep(first.id, "pets", "x")
    size = store.nbytes()
    assert size > first.findings.nbytes > 0
    monkeypatch.setenv("LIFELONG_MOST_GB", str((size - 1) / 1e9))
    assert "room for no more" in refused(data, found_in, zipped(pets()))
    monkeypatch.setenv("LIFELONG_MOST_GB", str(size / 1e9))
    assert found_in(zipped(pets())).images == 10


def test_where_nothing_can_be_written_there_is_a_sentence(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LIFELONG_DATA", str(tmp_path / "file"))
    staged = own_data.stage_uploads([zipped(pets())])
    assert (tmp_path / "cache" / staged.id).is_dir(), "the download folder is the other one"
    monkeypatch.setenv("LIFELONG_CACHE", str(tmp_path / "file"))
    with pytest.raises(LifelongError, match="set LIFELONG_DATA to a folder"):
        own_data.stage_uploads([zipped(pets())])


def test_examples_are_the_first_images_of_each_class():
    staged = own_data.stage_uploads([zipped(pets(each=9))])
    found = own_data.examples(staged.id, 3, 9)
    assert len(own_data.examples(staged.id, 3, 1)) == 1
    assert [(each.name, each.count) for each in found] == [("cat", 3), ("dog", 3)]
    strip = np.asarray(Image.open(io.BytesIO(found[1].image)))
    assert strip.shape == (64, 200, 4) and strip[32, 65, 3] == 0
    assert [strip[32, x, 0] for x in (32, 100, 168)] == [200, 202, 203]


def test_a_misfit_is_a_sentence():
    assert Misfit("a.txt", "is none.").sentence == "a.txt is none."


# The process in which uploads are read


def test_uploads_are_read_in_a_process_of_their_own_as_they_would_be_in_this_one(data, monkeypatch):
    here = found_in(zipped(pets() | {"cat/broken.png": b"x"}))
    monkeypatch.setattr(own_data, "sort_uploads", uploads.sort_uploads)
    assert found_in(zipped(pets() | {"cat/broken.png": b"x"})) == here and left_out(here)
    assert "not a whole zip file" in refused(
        data, found_in, Upload("pets.zip", io.BytesIO(b"no zip"))
    )


def test_a_process_that_takes_too_long_is_killed_and_leaves_nothing(data, monkeypatch):
    monkeypatch.setattr(own_data, "sort_uploads", uploads.sort_uploads)
    monkeypatch.setattr(uploads, "SECONDS_IN_ALL", 0.01)
    assert refused(data, found_in, zipped(pets())) == uploads.REFUSED


@pytest.mark.skipif(os.name != "posix", reason="there is no alarm on this system")
def test_the_process_ends_itself_where_one_picture_takes_too_long(monkeypatch):
    wound = []
    monkeypatch.setattr(uploads.signal, "alarm", wound.append)
    assert list(uploads._watched(iter("abc"))) == ["a", "b", "c"]
    assert wound == [uploads.SECONDS] * 3
