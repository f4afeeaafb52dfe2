"""Parquet files as the Hugging Face Hub lays them out: `<name>/train*.parquet` and `<name>/test*.parquet`.

A column `img` or `image` holds the files of the images, as binary or as a struct with `bytes`; a column `label` holds whole
numbers or text. Columns are read by pyarrow as they are: nothing in a file is run or unpickled, and no path in it is opened.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pydantic

from ...errors import LifelongError
from .decoding import Split
from .locations import printable, require_inside

IMAGES = ("img", "image")
ROWS = 256  # read at once
MOST = 5_000_000  # rows; more is not a data set for one machine's memory, whatever the file claims


class _Label(pydantic.BaseModel):
    names: tuple[str, ...]


class _Features(pydantic.BaseModel):
    label: _Label


class _Info(pydantic.BaseModel):
    features: _Features


class _HuggingFace(pydantic.BaseModel):
    """What the Hub writes into a file about its columns."""

    info: _Info


def splits(folder: Path, known: tuple[str, ...] | None) -> tuple[tuple[str, ...], Split, Split]:
    """The classes, the training images and the test images. known: the classes, where the files need not tell them.

    They tell them in a description of the column `label`; else the labels of the training images are the classes, in order.
    """
    names = known or _names(folder)
    values = None if names else _distinct(folder)
    train, test = (_split(folder, split, names, values) for split in ("train", "test"))
    return names or tuple(map(str, values.to_pylist())), train, test


def _split(
    folder: Path, split: str, names: tuple[str, ...] | None, values: pa.Array | None
) -> Split:
    files = _files(folder, split)
    labels = np.concatenate([_positions(folder, file, names, values) for file in files])

    def pictures() -> Iterator[tuple[str, BinaryIO]]:
        for file in files:
            yield from _pictures(folder, file)

    return Split(labels, tuple(files), pictures)


def _files(folder: Path, split: str) -> list[Path]:
    files = sorted(require_inside(folder, file) for file in folder.glob(f"{split}*.parquet"))
    if not files or not all(map(os.path.isfile, files)):
        raise LifelongError(
            f"{printable(folder.name)} has no file {split}*.parquet; it needs train*.parquet and test*.parquet."
        )
    return files


@contextmanager
def _opened(folder: Path, file: Path):
    """The file, its columns known to be those expected; all that pyarrow says of it becomes one sentence."""
    where = _where(folder, file)
    try:
        with pq.ParquetFile(file) as opened:
            names = opened.schema_arrow.names
            if names.count("label") != 1 or sum(map(names.count, IMAGES)) != 1:
                given = ", ".join(printable(name) for name in names[:8])
                raise LifelongError(
                    f"{where} has the columns {given}; expected one named img or image, and one named label."
                )
            if opened.metadata.num_rows > MOST:
                raise LifelongError(
                    f"{where} has {opened.metadata.num_rows:,} rows; expected at most {MOST:,}."
                )
            yield opened
    except (OSError, pa.ArrowException, UnicodeDecodeError):
        raise LifelongError(f"{where} is damaged or not a parquet file; fetch it again.") from None


def _where(folder: Path, file: Path) -> str:
    return f"{printable(folder.name)}/{printable(file.name)}"


def _names(folder: Path) -> tuple[str, ...] | None:
    """What the first training file says that the numbers in its column `label` mean."""
    with _opened(folder, _files(folder, "train")[0]) as opened:
        told = (opened.schema_arrow.metadata or {}).get(b"huggingface", b"")
    try:
        return _HuggingFace.model_validate_json(told).info.features.label.names or None
    except pydantic.ValidationError:
        return None


def _distinct(folder: Path) -> pa.Array:
    """The labels of the training images, each once, in order."""
    found = [_labels(folder, file).unique() for file in _files(folder, "train")]
    for file, some in zip(_files(folder, "train"), found):
        if some.type != found[0].type:
            raise LifelongError(
                f"{_where(folder, file)} has labels of another kind than {_where(folder, _files(folder, 'train')[0])}."
            )
    values = pa.concat_arrays(found).unique()
    return values.take(pc.sort_indices(values))


def _labels(folder: Path, file: Path) -> pa.ChunkedArray:
    """The column `label` as int64 or text."""
    with _opened(folder, file) as opened:
        column = opened.read(columns=["label"], use_threads=False).column(0)
        _counted(folder, file, opened, len(column))
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if not (
            pa.types.is_integer(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind)
        ):
            raise LifelongError(
                f"{_where(folder, file)} has labels of the kind {printable(str(kind))}; expected whole numbers or text."
            )
        if column.null_count:
            row = int(np.flatnonzero(column.is_null())[0])
            raise LifelongError(
                f"Row {row} of {_where(folder, file)}, counted from 0, has no label."
            )
        column = column.cast(kind)
        return (
            column.cast(pa.int64()) if pa.types.is_integer(kind) else column.cast(pa.large_string())
        )


def _positions(
    folder: Path, file: Path, names: tuple[str, ...] | None, values: pa.Array | None
) -> np.ndarray:
    """The place of each row's label among the classes, int (rows,)."""
    column = _labels(folder, file)
    if names is not None:
        values = (
            pa.array(range(len(names)), pa.int64())
            if pa.types.is_integer(column.type)
            else pa.array(names, pa.large_string())
        )
    places = (
        pc.index_in(column, values)
        if column.type == values.type
        else pa.nulls(len(column), pa.int32())
    )
    if places.null_count:
        row = int(np.flatnonzero(places.is_null())[0])
        given = printable(str(column[row]))
        expected = (
            f"0 to {len(names) - 1}"
            if names and pa.types.is_integer(column.type)
            else "a label of the training images"
        )
        raise LifelongError(
            f"Row {row} of {_where(folder, file)}, counted from 0, has the label '{given}'; expected {expected}."
        )
    return places.to_numpy()


def _pictures(folder: Path, file: Path) -> Iterator[tuple[str, BinaryIO]]:
    row, of = 0, _where(folder, file)
    with _opened(folder, file) as opened:
        (name,) = set(IMAGES) & set(opened.schema_arrow.names)
        bytes_of = _bytes_of(opened.schema_arrow.field(name).type)
        if bytes_of is None:
            raise LifelongError(
                f"The column {name} of {of} holds no images; expected binary, or a struct with bytes."
            )
        for batch in opened.iter_batches(ROWS, columns=[name], use_threads=False):
            for content in bytes_of(batch.column(0)).to_pylist():
                where = f"Row {row} of {of}, counted from 0,"
                if content is None:
                    raise LifelongError(
                        f"{where} holds no image; write the bytes of the image into the file itself."
                    )
                yield where, io.BytesIO(content)
                row += 1
        _counted(folder, file, opened, row)


def _counted(folder: Path, file: Path, opened: pq.ParquetFile, values: int) -> None:
    """Raises LifelongError where a column has not a value for each row: the labels would belong to other images."""
    if values != opened.metadata.num_rows:
        raise LifelongError(
            f"{_where(folder, file)} has {opened.metadata.num_rows:,} rows, but {values:,} values in a column; fetch it again."
        )


def _bytes_of(kind: pa.DataType):
    """How the images' bytes are had from a column of this type; None where they cannot."""
    if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
        within = _bytes_of(kind.field("bytes").type)
        return within and (lambda column: within(pc.struct_field(column, "bytes")))
    return (
        (lambda column: column)
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
        else None
    )
