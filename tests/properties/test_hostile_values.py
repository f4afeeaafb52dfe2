"""Laws of configs, records and tensors from elsewhere: a result or one sentence, whatever is in
them.
"""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifelong import config as configs
from lifelong.events import EVENT
from lifelong.runs import journal
from lifelong.runs import store as run_store
from lifelong.runs.event_order import RunOrder
from lifelong.runs.folders import home
from lifelong.storage import tensor_files
from lifelong.training import setup
from lifelong.transfer import config as study_configs
from tests.helpers import config, learned_run
from tests.properties.helpers import NUMBERS, TEXTS, VALUES, json_text, quick, result_or_sentence

FIELDS = tuple(configs.RunConfig.model_fields)


@quick
@given(st.dictionaries(st.sampled_from(FIELDS) | TEXTS, VALUES, max_size=6))
def test_a_config_of_any_values_is_read_or_refused(fields):
    text = json_text(fields)
    for read in (configs.read, study_configs.read):
        result_or_sentence(read, text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '{"tasks":' * 50_000,
        '{"tasks": 1' + "0" * 10_000 + "}",
        '{"tasks": NaN}',
        '{"seed": 1e999}',
        '{"tasks": 3, "tasks": 4}',
        '{"version": "99.0", "brand_new": 1}',
        "\x00",
        "\ud800".encode("utf-8", "surrogatepass"),
        b"\xff\xfe{",
    ],
    ids=range(10),
)
def test_a_config_that_no_program_writes_is_refused_or_read(text):
    result_or_sentence(configs.read, text)
    result_or_sentence(study_configs.read, text)


@pytest.mark.parametrize(
    "number", [10**5000, -(10**5000), [10**5000], {"a": 10**5000}], ids=range(4)
)
def test_a_number_that_python_makes_no_text_of_is_refused(number):
    for given_fields in (
        {"tasks": number},
        {"settings": {"per_class": number}},
        {"class_order": [number]},
    ):
        assert (
            result_or_sentence(lambda f=given_fields: setup.resolve(config("replay", **f))) is None
        )


@quick
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "tasks": st.integers(1, 1000),
            "task_sizes": st.lists(NUMBERS, max_size=3),
            "class_order": st.lists(NUMBERS, max_size=12),
            "steps": st.integers(1, 10**6),
            "settings": st.dictionaries(st.sampled_from(["strength", "per_class"]), NUMBERS),
            "network": st.dictionaries(st.sampled_from(["units", "depth"]), NUMBERS),
            "images_per_class": NUMBERS,
            "learning_rate": NUMBERS,
            "dataset": TEXTS,
            "model": TEXTS,
            "strategy": st.sampled_from(["replay", "ewc"]) | TEXTS,
            "target": TEXTS,
        },
    )
)
def test_a_run_of_any_values_is_created_or_refused_and_leaves_nothing(fields):
    before = sorted(home().iterdir()) if home().exists() else []
    created = result_or_sentence(
        lambda: run_store.create(config(**{"strategy": "replay", **fields}))
    )
    if created is None:
        assert (sorted(home().iterdir()) if home().exists() else []) == before


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """The record of a run that was learned."""
    folder = tmp_path_factory.mktemp("record") / "run"
    run_store.create(config(tasks=2), folder)
    list(run_store.learn(folder))
    return (folder / journal.RECORD_FILE).read_text()


@quick
@given(data=st.data())
def test_a_record_with_any_values_is_read_or_refused(record, data, tmp_path_factory):
    lines = [json.loads(line) for line in record.splitlines()]
    for _ in range(data.draw(st.integers(1, 3))):
        event = data.draw(st.sampled_from(lines))
        event[data.draw(st.sampled_from(sorted(event)) | TEXTS)] = data.draw(VALUES)
    text = "".join(f"{json_text(line)}\n" for line in lines)
    file = tmp_path_factory.getbasetemp() / "any-record"
    file.mkdir(exist_ok=True)
    (file / journal.RECORD_FILE).write_text(text)
    result_or_sentence(journal.read, file / journal.RECORD_FILE, EVENT, RunOrder().follows, "run")


def safetensors_of(header: object, content: bytes) -> bytes:
    text = json_text(header).encode()
    return struct.pack("<Q", len(text)) + text + content


DESCRIPTIONS = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["F32", "F16", "I64", "BOOL", "F8_E4M3", "F4", "C64", "U32"])
        | TEXTS,
        "shape": st.lists(st.integers(-1, 5) | st.just(10**18), max_size=4) | VALUES,
        "data_offsets": st.lists(st.integers(-1, 200) | st.just(2**63), min_size=2, max_size=2)
        | VALUES,
    }
)


@quick
@given(
    tensors=st.dictionaries(TEXTS, DESCRIPTIONS | VALUES, max_size=3),
    metadata=st.dictionaries(TEXTS, VALUES, max_size=2) | VALUES,
    content=st.binary(max_size=200),
    length=st.none() | st.integers(0, 2**64 - 1),
)
def test_a_safetensors_file_with_any_header_is_read_or_refused(
    tensors, metadata, content, length, tmp_path_factory
):
    data = safetensors_of({**tensors, "__metadata__": metadata}, content)
    if length is not None:
        data = struct.pack("<Q", length) + data[8:]
    file = tmp_path_factory.getbasetemp() / "any.safetensors"
    file.write_bytes(data)
    result_or_sentence(tensor_files.read, file)
    result_or_sentence(tensor_files.read_metadata, file)


@quick
@given(TEXTS)
def test_the_name_of_a_run_is_never_a_path(name):
    learned = learned_run(config(tasks=1, steps=1)) if not home().exists() else None
    found = run_store.find(name)
    assert found is None or (found.parent == home() and learned)
    result_or_sentence(run_store.folder, name)
