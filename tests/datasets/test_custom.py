"""Laws of people's own data sets: valid, unusual and hostile image folders and parquet files."""

import io
import json
import os
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from PIL import Image, ImageOps

from lifelong import api, datasets, registry
from lifelong.datasets.readers import decoding, folder
from lifelong.errors import LifelongError
from lifelong.runs import store as run_store
from lifelong.training.setup import resolve
from tests.helpers import config, pairs, python, run_all
from tests.image_helpers import is_one_sentence
from tests.sample_files import image_bytes, image_folder, parquet, plain

CAT, DOG = "train/cat/0.png", "train/dog/0.png"


@pytest.fixture
def data(monkeypatch, tmp_path):
    """An empty LIFELONG_DATA."""
    monkeypatch.setenv("LIFELONG_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def pets(shape=(6, 5, 3)) -> dict[str, bytes]:
    """Returns dark cats and light dogs: two of each for training, one for testing."""
    return {
        f"{split}/{pet}/{k}.png": image_bytes(plain(value + k, shape))
        for pet, value in (("cat", 10), ("dog", 200))
        for split, k in (("train", 0), ("train", 1), ("test", 0))
    }


def refused(what, *given) -> str:
    """Returns the error message."""
    with pytest.raises(LifelongError) as error:
        what(*given)
    assert is_one_sentence(str(error.value)), error.value
    return str(error.value)


# Image folders


def test_an_image_folder_is_a_data_set_of_its_own_name(data):
    image_folder(data / "pets", pets())
    assert (
        datasets.names()[-1] == "pets"
        and datasets.classes("pets") == ("cat", "dog")
        and datasets.is_available("pets")
    )
    dataset = datasets.load("pets")
    assert (dataset.name, dataset.title, dataset.classes) == ("pets", "pets", ("cat", "dog"))
    assert dataset.source == "pets, 4 training and 2 test images"
    assert dataset.train_images.shape == (4, 3, 6, 5) and dataset.train_images.dtype == torch.uint8
    assert dataset.train_images[:, 0, 0, 0].tolist() == [
        10,
        11,
        200,
        201,
    ] and dataset.train_labels.tolist() == [0, 0, 1, 1]
    assert dataset.test_images[:, 2, 5, 4].tolist() == [
        10,
        200,
    ] and dataset.test_labels.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        ("PNG", "png"),
        ("JPEG", "JPG"),
        ("JPEG", "jpeg"),
        ("WEBP", "webp"),
        ("GIF", "gif"),
        ("BMP", "bmp"),
        ("TIFF", "tif"),
        ("PPM", "ppm"),
    ],
)
def test_every_usual_format_is_read(data, kind, suffix):
    files = {
        name.replace("png", suffix): image_bytes(np.asarray(Image.open(io.BytesIO(content))), kind)
        for name, content in pets((8, 8, 3)).items()
    }
    image_folder(data / "pets", files)
    means = datasets.load("pets").train_images.float().mean((1, 2, 3))
    assert (means - torch.tensor([10.0, 11, 200, 201])).abs().max() < 3


@pytest.mark.parametrize(
    ("changed", "channels"),
    [({}, 1), ({DOG: image_bytes(plain(200, (6, 5, 3)))}, 3)],
    ids=["all grey", "one in colour"],
)
def test_grey_images_have_one_channel_if_all_are_grey(data, changed, channels):
    image_folder(data / "pets", pets((6, 5)) | changed)
    images = datasets.load("pets").train_images
    assert images.shape == (4, channels, 6, 5) and images[:, 0, 0, 0].tolist() == [10, 11, 200, 201]


def test_16_bit_grey_is_reduced_to_its_upper_8_bits(data):
    files = {
        name: image_bytes(np.full((4, 4), 256 * (10 if "cat" in name else 200) + 99, np.uint16))
        for name in pets()
    }
    image_folder(data / "pets", files)
    assert datasets.load("pets").test_images[:, 0, 1, 1].tolist() == [10, 200]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_every_usual_kind_of_pixel_is_read(data, mode):
    out = io.BytesIO()
    Image.new("RGB", (5, 6), (255, 255, 255)).convert(mode).save(out, "TIFF")
    image_folder(data / "pets", {name.replace("png", "tiff"): out.getvalue() for name in pets()})
    assert (datasets.load("pets").train_images == 255).all()


def test_images_of_one_size_up_to_224_stay_as_they_are(data):
    image_folder(data / "pets", pets((224, 10)))
    assert datasets.load("pets").shape == (1, 224, 10)


def test_images_of_other_sizes_are_resized_and_centre_cropped_and_the_source_says_so(data):
    wide = plain(0, (10, 30))
    wide[:, 10:20] = 77  # the square in its middle
    image_folder(data / "pets", pets((12, 12)) | {CAT: image_bytes(wide)})
    dataset = datasets.load("pets")
    assert dataset.source == "pets, 4 training and 2 test images, resized and cropped to 12 x 12"
    assert (dataset.train_images[0, :, :, 2:-2] == 77).all() and (
        dataset.train_images[0] > 60
    ).all()
    assert (dataset.train_images[1] == 11).all()


def test_the_side_is_the_median_of_the_shorter_sides_of_the_training_images_at_most_96(data):
    sizes = {
        "train/cat/0.png": (8, 40),
        "train/cat/1.png": (30, 9),
        "train/dog/0.png": (300, 50),
        "test/dog/0.png": (4, 4),
    }
    image_folder(
        data / "pets",
        pets((9, 9)) | {name: image_bytes(plain(1, size)) for name, size in sizes.items()},
    )
    assert datasets.load("pets").shape == (1, 9, 9)
    image_folder(data / "large", pets((300, 400)))
    assert datasets.load("large").shape == (1, 96, 96)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_rotated_by_its_exif_orientation(data, kind, orientation):
    lying = np.zeros((16, 32), np.uint8)
    lying[:8, :8] = 255  # a mark in one corner
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = image_bytes(np.repeat(lying[:, :, None], 3, 2), kind, exif=exif)
    image_folder(data / "pets", {name.replace("png", kind.lower()): content for name in pets()})
    image = datasets.load("pets").train_images[0, 0]
    meant = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("L"))
    assert image.shape == meant.shape == ((32, 16) if orientation > 4 else (16, 32))
    assert (np.abs(image.numpy().astype(int) - meant) < 40).all()


def test_hidden_files_and_those_of_the_system_are_left_out(data):
    clutter = [
        ".DS_Store",
        "train/.hidden",
        "train/cat/Thumbs.db",
        "train/dog/desktop.ini",
        "test/cat/._0.png",
        "train/__MACOSX/0.png",
        "README.md",
    ]
    image_folder(data / "pets", pets() | dict.fromkeys(clutter, b"?"))
    assert len(datasets.load("pets").train_labels) == 4


def bomb() -> bytes:
    """Returns a small PNG file that declares 40,000 x 40,000 pixels."""
    content = bytearray(image_bytes(plain(0, (1, 1))))
    content[16:24] = (40_000).to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


BAD_FILES = [
    # what lies in the folder in place of, or beside, good files; None takes one away; what is said
    (
        {CAT: b"no picture"},
        "pets/train/cat/0.png is not a picture that can be read; expected one of PNG, ",
    ),
    ({CAT: b""}, "pets/train/cat/0.png is not a picture that can be read"),
    (
        {CAT: b"<svg xmlns='http://www.w3.org/2000/svg'/>"},
        "pets/train/cat/0.png is not a picture that can be read",
    ),
    ({CAT: b"%!PS-Adobe-3.0 EPSF-3.0\n"}, "pets/train/cat/0.png is not a picture that can be read"),
    (
        {
            "test/dog/0.png": image_bytes(
                np.random.default_rng(0).integers(0, 256, (30, 100), np.uint8)
            )[:-200]
        },
        "pets/test/dog/0.png is damaged or only half there",
    ),
    (
        {CAT: image_bytes(plain(9, (90, 90, 3)), "JPEG")[:-90]},
        "pets/train/cat/0.png is damaged or only half there",
    ),
    (
        {CAT: bomb()},
        "pets/train/cat/0.png has far too many pixels; give one of at most 50 million.",
    ),
    (
        {CAT: image_bytes(np.zeros((9, 9), np.float32), "TIFF")},
        "pets/train/cat/0.png has pixels of the kind F; save it as 8-bit grey or RGB.",
    ),
    (
        {"train/cat/notes.txt": b"x"},
        "pets/train/cat/notes.txt is not an image file; expected .bmp, ",
    ),
    ({"train/cat/model.pkl": b"x"}, "pets/train/cat/model.pkl is not an image file"),
    ({"train/cat/more/0.png": b"x"}, "pets/train/cat/more is not an image file"),
    ({"train/cat/more.png/0.png": b"x"}, "pets/train/cat/more.png is not an image file"),
    (
        {"train/0.png": image_bytes(plain(1))},
        "pets/train/0.png lies beside the folders of the classes; put it into one of them, or "
        "elsewhere.",
    ),
    (
        {"test/cat/0.png": None, "test/dog/0.png": None},
        "pets has no folder test; put images into test/<class>/, a folder for each class.",
    ),
    (
        {"test/dog/0.png": None},
        "pets/train has the class dog, but test has not; each class needs images in both.",
    ),
    ({"test/owl/0.png": image_bytes(plain(1))}, "pets/test has the class owl, but train has not"),
    (
        {"test/dog/0.png": None, "test/dog/.keep": b""},
        "pets/test/dog holds no images; each class needs some in train and in test.",
    ),
    (
        {CAT: None, "train/cat/1.png": None, "test/cat/0.png": None},
        "pets has 1 class; expected 2 to 1,000.",
    ),
    (
        {"train/a<b>/0.png": image_bytes(plain(1)), "test/a<b>/0.png": image_bytes(plain(1))},
        "pets has a class named 'a<b>'; expected names ",
    ),
    (
        {"train/a\nb/0.png": image_bytes(plain(1)), "test/a\nb/0.png": image_bytes(plain(1))},
        "pets has a class named 'a?b'; expected names ",
    ),
    (
        {"train/[a](b)/0.png": image_bytes(plain(1)), "test/[a](b)/0.png": image_bytes(plain(1))},
        "pets has a class named '[a](b)'; expected names ",
    ),
    (
        {
            "train/" + 61 * "x" + "/0.png": image_bytes(plain(1)),
            "test/" + 61 * "x" + "/0.png": image_bytes(plain(1)),
        },
        "pets has a class named 'xxx",
    ),
    ({"train/cat/a\nb.png": b"x"}, "pets/train/cat/a?b.png is not a picture that can be read"),
    ({"train/cat/\udcff.png": b"x"}, "pets/train/cat/?.png is not a picture that can be read"),
]


@pytest.mark.parametrize(
    ("changed", "says"),
    BAD_FILES,
    ids=lambda given: None if isinstance(given, dict) else given[:40],
)
def test_an_invalid_folder_is_one_sentence_that_names_the_file(data, changed, says):
    image_folder(
        data / "pets",
        {name: content for name, content in (pets() | changed).items() if content is not None},
    )
    assert refused(datasets.load, "pets").startswith(says)


def test_errors_that_need_no_decoding_are_found_before_a_run_is_created(data):
    files = pets()
    del files["test/dog/0.png"]
    image_folder(data / "pets", files)
    assert (
        "test has not"
        in refused(run_store.create, config(dataset="pets", tasks=2))
        == refused(datasets.classes, "pets")
        == api.dataset_info("pets").problem
    )
    assert run_store.ids() == [folder.name for folder in run_store.shipped()]


def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded(data, monkeypatch):
    monkeypatch.setattr(decoding, "MAX_PIXELS", 29)
    image_folder(data / "pets", pets((5, 6)))
    assert refused(datasets.load, "pets").startswith(
        "pets/train/cat/0.png has 6 x 5 pixels; give one of at most "
    )


def test_more_images_than_memory_holds_are_refused_before_they_are_decoded(data, monkeypatch):
    monkeypatch.setattr(folder, "MOST_BYTES", 6 * 5 * 6 - 1)
    image_folder(data / "pets", pets((6, 5)))
    assert refused(datasets.load, "pets").startswith(
        "pets would take 0.0 GB of memory, 6 images of 5 x 6 pixels; bring fewer or smaller ones"
    )


# Links, pipes and names


def linked(link: Path, to: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(to)


@pytest.mark.parametrize(
    "path", ["train/cat/9.png", "train/cat/9.txt", "train/owl", "test", "train/cat/loop.png"]
)
def test_a_link_that_leaves_the_folder_is_not_followed(data, tmp_path, path):
    outside = image_folder(
        tmp_path / "outside",
        {
            "secret.png": image_bytes(plain(1)),
            "cat/0.png": image_bytes(plain(1)),
            "dog/0.png": image_bytes(plain(1)),
        },
    )
    files = {
        name: content
        for name, content in pets().items()
        if path != "test" or not name.startswith("test")
    }
    image_folder(data / "pets", files)
    linked(data / "pets" / path, outside / "secret.png" if "." in path else outside)
    says = refused(datasets.load, "pets")
    assert (
        says == f"pets/{path} is a link that leads out of the folder; put there what it points to."
    )


def test_a_link_within_the_folder_is_followed_and_one_that_leads_in_a_circle_is_not(data):
    image_folder(data / "pets", pets())
    linked(data / "pets" / "train/cat/2.png", Path("../dog/0.png"))
    assert len(datasets.load("pets").train_labels) == 5
    linked(data / "pets" / "train/cat/circle.png", Path("circle.png"))
    assert refused(datasets.load, "pets").startswith(
        "pets/train/cat/circle.png is not an image file"
    )


def test_a_parquet_file_that_is_a_link_out_of_the_folder_is_not_read(data, tmp_path):
    pet_rows(tmp_path / "outside")
    pet_rows(data / "pets")
    (data / "pets/test.parquet").unlink()
    linked(data / "pets/test.parquet", tmp_path / "outside/test.parquet")
    assert (
        refused(datasets.load, "pets")
        == "pets/test.parquet is a link that leads out of the folder; put there what it points to."
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_does_not_block(data):
    image_folder(data / "pets", pets())
    os.mkfifo(data / "pets/train/cat/9.png")
    assert refused(datasets.load, "pets").startswith("pets/train/cat/9.png is not an image file")
    pet_rows(data / "rows")
    os.mkfifo(data / "rows/train-2.parquet")
    assert refused(datasets.load, "rows").startswith("rows has no file train*.parquet")


@pytest.mark.parametrize(
    "name",
    [
        "../pets",
        "pets/",
        "./pets",
        "/etc",
        ".",
        "..",
        "",
        ".hidden",
        "pets/train",
        "pets\0",
        "a" * 10_000,
        "mnist/../pets",
        "-x",
    ],
)
def test_a_name_is_never_a_path(data, name):
    image_folder(data / "pets", pets())
    image_folder(data / ".hidden", pets())
    for ask in (datasets.location, datasets.load, datasets.classes, datasets.is_available):
        with pytest.raises(LifelongError, match="There is no dataset|was given as a data set"):
            ask(name)


@pytest.mark.parametrize("name", ["my pets", "pêts", "pets;rm", "<b>pets", "-pets", "x" * 61])
def test_a_folder_with_an_invalid_name_is_one_sentence(data, name):
    image_folder(data / name, pets())
    assert name not in datasets.names()
    assert "rename it to at most 60 of the letters" in refused(datasets.load, name)


def test_own_data_sets_are_suggested_for_an_unknown_name(data):
    image_folder(data / "flowers", pets())
    assert (
        refused(datasets.load, "flower") == "There is no dataset 'flower'; did you mean 'flowers'?"
    )
    with pytest.raises(LifelongError, match="did you mean 'flowers'"):
        resolve(config(dataset="flowerz"))


def test_a_folder_does_not_take_the_name_of_a_data_set_of_the_project(data):
    image_folder(data / "mnist-sample", pets())
    assert (
        datasets.names().count("mnist-sample") == 1
        and len(datasets.load("mnist-sample").classes) == 10
    )


def test_lifelong_data_takes_precedence_over_the_download_folder_and_neither_need_exist(
    data, tmp_path, monkeypatch
):
    assert "pets" not in datasets.names()
    image_folder(tmp_path / "cache" / "pets", pets((9, 9)))
    assert datasets.load("pets").shape == (1, 9, 9)
    image_folder(data / "pets", pets((5, 5)))
    assert datasets.load("pets").shape == (1, 5, 5)
    monkeypatch.delenv("LIFELONG_DATA")
    assert datasets.load("pets").shape == (1, 9, 9)


@pytest.mark.parametrize("where", ["/nowhere", "/x" * 3000, "/dev/null", "."])
def test_an_unreadable_lifelong_data_counts_as_empty(monkeypatch, tmp_path, where):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIFELONG_DATA", where)
    assert datasets.names() == registry.names("datasets")
    there = [name for name in datasets.names() if datasets.is_available(name)]
    assert there == ["mnist-sample", "toy", "toy-other", "toy-pictures"]
    assert "There is no dataset" in refused(datasets.load, "pets")


def test_a_data_set_stays_in_memory_until_its_files_change(data):
    image_folder(data / "pets", pets())
    before = datasets.load("pets")
    assert datasets.load("pets") is before
    image_folder(data / "pets", {"train/cat/7.png": image_bytes(plain(12, (6, 5, 3)))})
    assert len(datasets.load("pets").train_labels) == 5


def test_listing_opens_no_image_and_imports_no_torch(data):
    image_folder(data / "pets", dict.fromkeys(pets(), b"no picture"))
    process = python(
        "-c",
        "import sys; from lifelong import datasets as d; print(d.names()[-1], "
        "[d.info(n).describe() for n in d.names()] and d.classes('pets'), "
        "'torch' in sys.modules)",
        env=dict(os.environ),
    )
    assert process.stdout.strip() == "pets ('cat', 'dog') False", process.stderr


# Parquet


def pet_rows(
    folder: Path,
    labels=("cat", "dog"),
    names: list[str] | None = None,
    column: str = "image",
    kinds=(None, None),
) -> Path:
    """Writes parquet files with two training images and a test image of each pet."""
    metadata = (
        {
            "huggingface": json.dumps(
                {"info": {"features": {"label": {"names": names, "_type": "ClassLabel"}}}}
            )
        }
        if names
        else None
    )
    for split, count in (("train", 4), ("test", 2)):
        images = [image_bytes(plain(10 * k, (4, 4))) for k in range(count)]
        parquet(
            folder / f"{split}.parquet",
            images,
            [labels[k % 2] for k in range(count)],
            column,
            metadata,
            kinds,
        )
    return folder


@pytest.mark.parametrize(
    ("layout", "classes", "labels"),
    [
        ({}, ("cat", "dog"), [0, 1, 0, 1]),
        ({"labels": ("dog", "cat")}, ("cat", "dog"), [1, 0, 1, 0]),
        ({"labels": (7, -3)}, ("-3", "7"), [1, 0, 1, 0]),
        ({"labels": (1, 0), "names": ["owl", "ant"]}, ("owl", "ant"), [1, 0, 1, 0]),
        ({"labels": ("owl", "ant"), "names": ["owl", "ant"]}, ("owl", "ant"), [0, 1, 0, 1]),
        ({"labels": (2, 10), "kinds": (None, pa.uint8())}, ("2", "10"), [0, 1, 0, 1]),
        ({"kinds": (None, pa.dictionary(pa.int8(), pa.string()))}, ("cat", "dog"), [0, 1, 0, 1]),
        ({"kinds": (pa.binary(), pa.large_string())}, ("cat", "dog"), [0, 1, 0, 1]),
        ({"kinds": (pa.large_binary(), None), "column": "img"}, ("cat", "dog"), [0, 1, 0, 1]),
    ],
    ids=str,
)
def test_parquet_is_read_with_numbers_or_text_for_labels(data, layout, classes, labels):
    pet_rows(data / "pets", **layout)
    assert datasets.classes("pets") == classes
    dataset = datasets.load("pets")
    assert dataset.classes == classes and dataset.train_labels.tolist() == labels
    assert dataset.train_images[:, 0, 2, 2].tolist() == [0, 10, 20, 30] and dataset.shape == (
        1,
        4,
        4,
    )


def test_images_of_different_sizes_in_parquet_are_resized_and_cropped_too(data):
    for split in ("train", "test"):
        parquet(
            data / "pets" / f"{split}.parquet",
            [image_bytes(plain(k, (8 + k, 20, 3))) for k in range(4)],
            [0, 1, 0, 1],
        )
    dataset = datasets.load("pets")
    assert dataset.shape == (3, 9, 9) and "resized and cropped to 9 x 9" in dataset.source
    assert dataset.test_images[:, 0, 4, 4].tolist() == [0, 1, 2, 3]


def rows(file: Path, columns: dict, metadata: dict | None = None) -> None:
    """Writes a parquet file with these columns."""
    pa.parquet.write_table(pa.table(columns).replace_schema_metadata(metadata), file)


IMAGE = image_bytes(plain(1, (4, 4)))
BAD_ROWS = [
    # columns of test.parquet, what is said
    (
        {"image": [IMAGE] * 2, "label": pa.array([2**63, 5], pa.uint64())},
        "pets/test.parquet is damaged or not a parquet file",
    ),
    (
        {"label": ["cat", "dog"]},
        "pets/test.parquet has the columns label; expected one named img or image, and one "
        "named label.",
    ),
    ({"image": [IMAGE] * 2}, "pets/test.parquet has the columns image; expected"),
    (
        {"image": [IMAGE] * 2, "img": [IMAGE] * 2, "label": ["cat", "dog"]},
        "pets/test.parquet has the columns image, img, label; expected one named",
    ),
    (
        {"a\nb": [1, 2], "label": ["cat", "dog"]},
        "pets/test.parquet has the columns a?b, label; expected",
    ),
    (
        {"image": [IMAGE] * 2, "label": [1.0, 2.0]},
        "pets/test.parquet has labels of the kind double; expected whole numbers or text.",
    ),
    (
        {"image": [IMAGE] * 2, "label": [True, False]},
        "pets/test.parquet has labels of the kind bool; expected",
    ),
    (
        {"image": [IMAGE] * 2, "label": [["cat"], ["dog"]]},
        "pets/test.parquet has labels of the kind list<",
    ),
    (
        {"image": [IMAGE] * 2, "label": ["cat", None]},
        "Row 1 of pets/test.parquet, counted from 0, has no label.",
    ),
    (
        {"image": [IMAGE] * 2, "label": ["cat", "owl"]},
        "Row 1 of pets/test.parquet, counted from 0, has the label 'owl'; expected a label of "
        "the training images.",
    ),
    (
        {"image": [IMAGE] * 2, "label": [0, 1]},
        "Row 0 of pets/test.parquet, counted from 0, has the label '0'; expected a label of "
        "the training",
    ),
    (
        {"image": [IMAGE] * 2, "label": ["cat", "cat"]},
        "pets has no test images of the class dog; each class needs some in train and in test.",
    ),
    (
        {"image": [IMAGE, None], "label": ["cat", "dog"]},
        "Row 1 of pets/test.parquet, counted from 0, holds no image; ",
    ),
    (
        {"image": [{"bytes": None, "path": "/etc/passwd"}] * 2, "label": ["cat", "dog"]},
        "The column image of pets/test.parquet holds no images; expected binary",
    ),
    (
        {
            "image": [{"bytes": IMAGE, "path": None}, {"bytes": None, "path": "x.png"}],
            "label": ["cat", "dog"],
        },
        "Row 1 of pets/test.parquet, counted from 0, holds no image",
    ),
    (
        {"image": [{"path": "x.png"}] * 2, "label": ["cat", "dog"]},
        "The column image of pets/test.parquet holds no images; expected binary, or a struct "
        "with bytes.",
    ),
    (
        {"image": ["text", "text"], "label": ["cat", "dog"]},
        "The column image of pets/test.parquet holds no images",
    ),
    (
        {"image": [1, 2], "label": ["cat", "dog"]},
        "The column image of pets/test.parquet holds no images",
    ),
    (
        {"image": [IMAGE, b""], "label": ["cat", "dog"]},
        "Row 1 of pets/test.parquet, counted from 0, is not a picture that can be read",
    ),
    (
        {"image": [IMAGE, IMAGE[:-20]], "label": ["cat", "dog"]},
        "Row 1 of pets/test.parquet, counted from 0, is damaged or only half there",
    ),
    (
        {"image": [IMAGE, bomb()], "label": ["cat", "dog"]},
        "Row 1 of pets/test.parquet, counted from 0, has far too many pixels",
    ),
    (
        {"image": pa.array([], pa.binary()), "label": pa.array([], pa.string())},
        "pets has no test images of the class cat",
    ),
]


@pytest.mark.parametrize(
    ("columns", "says"), BAD_ROWS, ids=lambda given: None if isinstance(given, dict) else given[:50]
)
def test_an_invalid_row_is_one_sentence_that_names_it(data, columns, says):
    pet_rows(data / "pets")
    rows(data / "pets/test.parquet", columns)
    assert refused(datasets.load, "pets").startswith(says)


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: b"PAR1",
        lambda whole: whole[:-9],
        lambda whole: whole[100:],
        lambda whole: b"<html>",
        lambda whole: whole[:20] + b"\xff" * 60 + whole[80:],
    ],
    ids=["empty", "four bytes", "no end", "no start", "a web page", "overwritten"],
)
def test_a_damaged_parquet_file_is_one_sentence(data, damage):
    file = pet_rows(data / "pets") / "train.parquet"
    file.write_bytes(damage(file.read_bytes()))
    assert (
        refused(datasets.load, "pets")
        == "pets/train.parquet is damaged or not a parquet file; fetch it again."
    )


@pytest.mark.parametrize(("missing", "there"), [("test", "train"), ("train", "test")])
def test_both_kinds_of_parquet_files_are_needed(data, missing, there):
    (pet_rows(data / "pets") / f"{missing}.parquet").unlink()
    assert "pets" in datasets.names()
    assert (
        refused(datasets.load, "pets")
        == f"pets has no file {missing}*.parquet; it needs train*.parquet and test*.parquet."
    )


def test_labels_of_two_kinds_are_one_sentence(data):
    pet_rows(data / "pets")
    parquet(data / "pets/train-2.parquet", [IMAGE], [5], "image")
    assert (
        refused(datasets.classes, "pets")
        == "pets/train.parquet has labels of another kind than pets/train-2.parquet."
    )


@pytest.mark.parametrize(
    "description",
    [
        b"",
        b"{",
        b"[]",
        b'{"info": 5}',
        b'{"info": {"features": {"label": {"names": "ab"}}}}',
        b"[" * 100_000,
        b"\xff",
    ],
    ids=lambda description: repr(description[:20]),
)
def test_invalid_metadata_is_ignored(data, description):
    pet_rows(data / "pets")
    rows(
        data / "pets/train.parquet",
        {"image": [IMAGE] * 2, "label": ["cat", "dog"]},
        {"huggingface": description},
    )
    assert datasets.classes("pets") == ("cat", "dog")


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["cat", "cat"], "pets has a class named 'cat'; expected names that differ"),
        (["cat", "<script>"], "pets has a class named '<script>'"),
        (["cat", ""], "pets has a class named ''"),
        (["cat", "dog", "owl"], "pets has no training images of the class owl"),
        (["cat"], "pets has 1 class; expected 2 to 1,000."),
        ([str(k) for k in range(1001)], "pets has 1,001 classes; expected 2 to 1,000."),
    ],
    ids=["twice", "markup", "empty", "one too many", "one", "too many"],
)
def test_names_of_classes_that_cannot_be_used_are_one_sentence(data, names, says):
    pet_rows(data / "pets", labels=(0, 1) if len(names) > 1 else (0, 0), names=names)
    assert refused(datasets.load, "pets").startswith(says)


def test_a_file_that_declares_too_many_rows_is_refused(data, monkeypatch):
    from lifelong.datasets.readers import parquet

    monkeypatch.setattr(parquet, "MAX_ROWS", 3)
    pet_rows(data / "pets")
    assert refused(datasets.classes, "pets") == "pets/train.parquet has 4 rows; expected at most 3."


def test_fewer_images_than_labels_in_a_file_are_one_sentence(data, monkeypatch):
    from lifelong.datasets.readers import parquet

    pet_rows(data / "pets")
    whole = parquet.pq.ParquetFile.iter_batches
    monkeypatch.setattr(
        parquet.pq.ParquetFile,
        "iter_batches",
        lambda *given, **options: (batch.slice(1) for batch in whole(*given, **options)),
    )
    assert (
        refused(datasets.load, "pets")
        == "pets/train.parquet has 4 rows, but 3 values in a column; fetch it again."
    )


# What they are for


@pytest.mark.parametrize(("strategy", "scenario"), dict(pairs()).items())
def test_every_strategy_learns_colour_images_that_are_not_square_in_seven_classes(
    data, monkeypatch, strategy, scenario
):
    files = {
        f"{split}/class {label}/{k}.png": image_bytes(plain(30 * label + k, (9, 7, 3)))
        for label in range(7)
        for split in ("train", "test")
        for k in range(3)
    }
    image_folder(data / "seven", files)
    experiment, events = run_all(config(strategy, scenario, dataset="seven"))
    assert experiment.dataset.shape == (3, 9, 7) and len(events[-2].accuracy) == 3
    assert sorted(name for names in events[0].classes for name in names) == [
        f"class {label}" for label in range(7)
    ]


def test_the_default_number_of_tasks_is_at_most_the_number_of_classes(data, monkeypatch, capsys):
    from lifelong.cli import commands as command

    image_folder(data / "pets", pets())
    monkeypatch.setattr(
        "sys.argv", ["lifelong", "train", "--dataset", "pets", "--steps", "3", "--json"]
    )
    assert command.main() == 0
    report = json.loads(capsys.readouterr().out)
    assert report["tasks"] == 2 and report["source"] == "pets, 4 training and 2 test images"
    monkeypatch.setattr("sys.argv", ["lifelong", "train", "--dataset", "pets", "--tasks", "3"])
    assert (
        command.main() == 2
        and capsys.readouterr().err
        == "3 tasks were asked for, but pets has 2 classes; ask for at most 2.\n"
    )


def test_the_list_of_data_sets_has_the_folder_or_the_error_of_each(data, monkeypatch, capsys):
    from lifelong.cli import commands as command

    image_folder(data / "pets", pets())
    image_folder(data / "torn", {CAT: b""})
    monkeypatch.setattr("sys.argv", ["lifelong", "datasets"])
    assert command.main() == 0
    listing = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert listing["pets"] == f"2 classes, {data / 'pets'}"
    assert (
        listing["torn"]
        == "torn has no folder test; put images into test/<class>/, a folder for each class."
    )
    assert (
        listing["cifar10"]
        == "10 classes, not on this machine: LIFELONG_OFFLINE forbids the download"
    )
