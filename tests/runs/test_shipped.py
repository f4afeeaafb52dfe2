"""Laws of the shipped runs and backbone: complete, and usable without network and data sets."""

import io

import pytest

from lifelong import api
from lifelong.models.parts import weights
from lifelong.runs import checkpoints
from lifelong.runs import store as run_store
from lifelong.runs.folders import SHIPPED
from lifelong.storage import tensor_files
from lifelong.transfer import store as study_store
from tests.image_helpers import ship

LISTED = [line.split("\t") for line in (SHIPPED / "shipped.txt").read_text().splitlines()]
CIFAR = [folder.name for folder in run_store.shipped() if folder.name.startswith("cifar10")]
WHOLE = [name for name in CIFAR if api.history(name).config.network["tune"] == "whole"]
# A whole network takes a second to load: tests/benchmarks/test_ship_compact.py has one answer.
PHOTOS = [name for name in CIFAR if name not in WHOLE]
LARGEST = 50e6  # bytes of the backbone


@pytest.fixture(autouse=True)
def _nothing_else_is_there(monkeypatch):
    monkeypatch.delenv("LIFELONG_DATA", raising=False)


def photo(form: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (640, 480)) -> bytes:
    """A file with a picture of a ship."""
    out = io.BytesIO()
    ship(size).convert(mode).save(out, form)
    return out.getvalue()


@pytest.mark.parametrize(("name", "command"), LISTED)
def test_every_listed_run_exists_and_is_finished(name, command):
    assert f"--out checkpoints/{name}" in command
    if study_store.is_study(SHIPPED / name):
        assert api.study(name).finished and api.is_shipped(name)
        return
    history = api.history(name)
    assert history.finished and api.is_shipped(name)
    assert history.config.half != (name in WHOLE), "those of whole networks are compact"
    assert (
        f"--dataset {history.config.dataset} " in command
        and f"--strategy {history.config.strategy} " in command
    )
    for k in range(history.config.tasks):
        assert checkpoints.inference_file(run_store.folder(name), k).stat().st_size < 5e6


@pytest.mark.parametrize(
    "name", [name for name, _ in LISTED if not study_store.is_study(SHIPPED / name)]
)
def test_the_answers_of_a_shipped_run_are_over_all_test_images_with_the_recorded_accuracies(name):
    history = api.history(name)
    for row in history.learned:
        matrix = api.confusion(name, row.task)
        assert matrix.accuracy == pytest.approx(row.accuracy, abs=1e-9)
        assert sum(api.mean_probability(name, row.task).values()) == pytest.approx(1, abs=1e-4)
    assert sum(api.confusion(name, history.config.tasks - 1).images) == history.started.images[1]


def test_the_closed_form_on_photographs_has_forgotten_nothing():
    # What it lost since its tasks were just learned, cumulative training lost, too.
    name = "cifar10-class-analytic"
    measures = api.history(name).measures(api.history(api.reference_run(name)))
    assert measures["forgetting"] > 0.07 and abs(measures["forgotten"]) < 0.01


def test_the_shipped_backbone_is_small_and_describes_its_training():
    file = weights.SHIPPED / "resnet50.safetensors"
    assert file.stat().st_size <= LARGEST
    tensors, about = tensor_files.read(file)
    assert (
        "without labels" in about["words"]
        and about["stem"] == "small"
        and about["architecture"] == "resnet50"
    )
    done, of = about["passes"].split(" of ")
    assert done == of
    assert all(tensor.isfinite().all() for tensor in tensors.values())


@pytest.mark.parametrize("run", PHOTOS)
def test_a_photograph_is_answered_after_every_task(run):
    history = api.history(run)
    answers = api.classify(run, api.preprocess(run, api.open_upload(photo())))
    assert len(answers) == history.config.tasks == len(history.learned)
    for answer in answers:
        assert sum(p for _label, p in answer.top) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("form", "mode", "size"),
    [
        ("JPEG", "RGB", (4000, 3000)),
        ("JPEG", "L", (33, 500)),
        ("PNG", "RGBA", (32, 32)),
        ("PNG", "P", (200, 100)),
        ("PNG", "1", (64, 64)),
        ("WEBP", "RGB", (300, 200)),
        ("GIF", "P", (90, 90)),
        ("BMP", "RGB", (7, 5)),
        ("TIFF", "CMYK", (120, 80)),
    ],
)
def test_pictures_of_any_size_and_format_are_answered(form, mode, size):
    answers = api.classify(
        PHOTOS[0], api.preprocess(PHOTOS[0], api.open_upload(photo(form, mode, size)))
    )
    assert [answer.after for answer in answers] == list(range(5))
