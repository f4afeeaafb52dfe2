"""Reads parquet files in the layout of the Hugging Face Hub: `<name>/{train,test}*.parquet`.

A column `img` or `image` holds the files of the images, as binary or as a struct with `bytes`; a
column `label` holds whole numbers or text. Columns are read by pyarrow as they are: nothing in a
file is run or unpickled, and no path in it is opened.
"""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
UNPACKED = 400_000_000  # bytes of what anybody may have sent, unpacked at once
LONGEST_LABEL = 1000  # bytes
# Rows; more is not a data set for one machine's memory, whatever the file claims.
MAX_ROWS = 5_000_000


class _Label(pydantic.BaseModel):
    names: tuple[str, ...]


class _Features(pydantic.BaseModel):
    label: _Label


class _Info(pydantic.BaseModel):
    features: _Features


class _HuggingFace(pydantic.BaseModel):
    """Description of the columns that the Hub writes into a file."""

    info: _Info


def splits(folder: Path, known: tuple[str, ...] | None) -> tuple[tuple[str, ...], Split, Split]:
    """Returns the classes, the training images and the test images.

    The classes are `known`, or those in the description of the column `label`, or the labels of the
    training images, in order.
    """
    names, codes = _classes(folder, known)
    return names, _split(folder, "train", codes), _split(folder, "test", codes)


def uploaded(folder: Path) -> tuple[tuple[str, ...], list[tuple[str, Split]]]:
    """Returns the classes and the images of each split of files that anybody may have sent.

    There need be no test*.parquet. Values are unpacked so few at a time that even a file which
    repeats a large one a thousand times takes little memory.
    """
    names, codes = _classes(folder, None)
    given = [split for split in ("train", "test") if any(folder.glob(f"{split}*.parquet"))]
    return names, [(split, _split(folder, split, codes, careful=True)) for split in given]


def _classes(folder: Path, known: tuple[str, ...] | None) -> tuple[tuple[str, ...], "_Codes"]:
    """Returns the names of the classes, and the labels that stand for them in the files."""
    names = known or _names(folder)
    if names:
        by_name = pa.array(names, pa.large_string())
        return names, _Codes(by_name, pa.array(range(len(names)), pa.int64()))
    distinct = _distinct(folder)
    return tuple(map(str, distinct.to_pylist())), _Codes(distinct)


@dataclass(frozen=True)
class _Codes:
    """Labels in a file by class: the position of a value is its class. numbers: the same as
    numbers.
    """

    values: pa.Array
    numbers: pa.Array | None = None

    def of(self, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """Returns the class of each label, null for a value that is none."""
        for values in (self.values, self.numbers):
            if values is not None and values.type == column.type:
                return pc.index_in(column, values)
        return pa.nulls(len(column), pa.int32())

    def expected(self, column: pa.ChunkedArray) -> str:
        """Returns in words which labels are classes."""
        if self.numbers is not None and pa.types.is_integer(column.type):
            return f"0 to {len(self.numbers) - 1}"
        return "a label of the training images"


def _split(folder: Path, split: str, codes: _Codes, careful: bool = False) -> Split:
    files = _files(folder, split)
    labels = np.concatenate([_labels_as_classes(folder, file, codes) for file in files])

    def pictures() -> Iterator[tuple[str, BinaryIO]]:
        for file in files:
            yield from _pictures(folder, file, careful)

    return Split(labels, tuple(files), pictures)


def _files(folder: Path, split: str) -> list[Path]:
    files = sorted(require_inside(folder, file) for file in folder.glob(f"{split}*.parquet"))
    if not files or not all(map(os.path.isfile, files)):
        raise LifelongError(
            f"{printable(folder.name)} has no file {split}*.parquet; "
            "it needs train*.parquet and test*.parquet."
        )
    return files


@contextmanager
def _opened(folder: Path, file: Path) -> Iterator[pq.ParquetFile]:
    """Opens a file with the expected columns. Raises LifelongError for whatever pyarrow raises."""
    where = _where(folder, file)
    try:
        with pq.ParquetFile(file) as opened:
            names = opened.schema_arrow.names
            if names.count("label") != 1 or sum(map(names.count, IMAGES)) != 1:
                given = ", ".join(printable(name) for name in names[:8])
                raise LifelongError(
                    f"{where} has the columns {given}; "
                    "expected one named img or image, and one named label."
                )
            if opened.metadata.num_rows > MAX_ROWS:
                raise LifelongError(
                    f"{where} has {opened.metadata.num_rows:,} rows; expected at most {MAX_ROWS:,}."
                )
            yield opened
    except (OSError, pa.ArrowException, UnicodeDecodeError):
        raise LifelongError(f"{where} is damaged or not a parquet file; fetch it again.") from None


def _where(folder: Path, file: Path) -> str:
    return f"{printable(folder.name)}/{printable(file.name)}"


def _names(folder: Path) -> tuple[str, ...] | None:
    """Returns the class names that the first training file has for numbers in `label`, or None."""
    with _opened(folder, _files(folder, "train")[0]) as opened:
        description = (opened.schema_arrow.metadata or {}).get(b"huggingface", b"")
    try:
        return _HuggingFace.model_validate_json(description).info.features.label.names or None
    except pydantic.ValidationError:
        return None


def _distinct(folder: Path) -> pa.Array:
    """Returns the distinct labels of the training images, in order."""
    found = [_labels(folder, file).unique() for file in _files(folder, "train")]
    for file, some in zip(_files(folder, "train"), found):
        if some.type != found[0].type:
            raise LifelongError(
                f"{_where(folder, file)} has labels of another kind than "
                f"{_where(folder, _files(folder, 'train')[0])}."
            )
    values = pa.concat_arrays(found).unique()
    return values.take(pc.sort_indices(values))


def _labels(folder: Path, file: Path) -> pa.ChunkedArray:
    """Reads the column `label` as int64 or text."""
    with _opened(folder, file) as opened:
        column_type = opened.schema_arrow.field("label").type
        is_text = pa.types.is_string(column_type) or pa.types.is_large_string(column_type)
        # Text that is repeated stays packed until it is known to be short.
        packed = ["label"] if is_text else None
        with pq.ParquetFile(file, read_dictionary=packed) as again:
            column = again.read(columns=["label"], use_threads=False).column(0)
        _require_values(folder, file, opened, len(column))
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if not (
            pa.types.is_integer(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind)
        ):
            raise LifelongError(
                f"{_where(folder, file)} has labels of the kind {printable(str(kind))}; "
                "expected whole numbers or text."
            )
        if column.null_count:
            row = int(np.flatnonzero(column.is_null())[0])
            raise LifelongError(
                f"Row {row} of {_where(folder, file)}, counted from 0, has no label."
            )
        _require_short(folder, file, column)
        column = column.cast(kind)
        return (
            column.cast(pa.int64()) if pa.types.is_integer(kind) else column.cast(pa.large_string())
        )


def _require_short(folder: Path, file: Path, column: pa.ChunkedArray) -> None:
    """Raises LifelongError for text that is too long for a label."""
    for chunk in column.chunks:
        values = chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk
        if pa.types.is_integer(values.type):
            continue
        if (pc.max(pc.binary_length(values)).as_py() or 0) > LONGEST_LABEL:
            raise LifelongError(
                f"{_where(folder, file)} has a label of more than {LONGEST_LABEL:,} characters; "
                "expected the name of a class."
            )


def _labels_as_classes(folder: Path, file: Path, codes: _Codes) -> np.ndarray:
    """Returns the class of each row, int (rows,). Raises LifelongError for a label that is none."""
    column = _labels(folder, file)
    classes = codes.of(column)
    if classes.null_count:
        row = int(np.flatnonzero(classes.is_null())[0])
        raise LifelongError(
            f"Row {row} of {_where(folder, file)}, counted from 0, has the label "
            f"'{printable(str(column[row]))}'; expected {codes.expected(column)}."
        )
    return classes.to_numpy()


def _rows_at_once(opened: pq.ParquetFile, where: str) -> int:
    """Returns how many rows can be unpacked at once, whatever they hold: UNPACKED bytes of them.

    Raises LifelongError for a file whose groups of rows are so large that one row may be too much.
    """
    groups = [opened.metadata.row_group(i).total_byte_size for i in range(opened.num_row_groups)]
    largest = max(groups, default=0)
    if largest > UNPACKED:
        raise LifelongError(
            f"{where} has groups of rows of {largest / 1e6:,.0f} MB; write it with groups of at "
            f"most {UNPACKED / 1e6:,.0f} MB."
        )
    return max(1, min(ROWS, UNPACKED // max(1, largest)))


def _pictures(folder: Path, file: Path, careful: bool = False) -> Iterator[tuple[str, BinaryIO]]:
    row, of = 0, _where(folder, file)
    with _opened(folder, file) as opened:
        (name,) = set(IMAGES) & set(opened.schema_arrow.names)
        bytes_of = _bytes_of(opened.schema_arrow.field(name).type)
        if bytes_of is None:
            raise LifelongError(
                f"The column {name} of {of} holds no images; "
                "expected binary, or a struct with bytes."
            )
        rows = _rows_at_once(opened, of) if careful else ROWS
        for batch in opened.iter_batches(rows, columns=[name], use_threads=False):
            for content in bytes_of(batch.column(0)).to_pylist():
                where = f"Row {row} of {of}, counted from 0,"
                if content is None:
                    raise LifelongError(
                        f"{where} holds no image; "
                        "write the bytes of the image into the file itself."
                    )
                yield where, io.BytesIO(content)
                row += 1
        _require_values(folder, file, opened, row)


def _require_values(folder: Path, file: Path, opened: pq.ParquetFile, values: int) -> None:
    """Raises LifelongError unless a column has a value for each row: labels would be shifted."""
    if values != opened.metadata.num_rows:
        raise LifelongError(
            f"{_where(folder, file)} has {opened.metadata.num_rows:,} rows, "
            f"but {values:,} values in a column; fetch it again."
        )


def _bytes_of(kind: pa.DataType) -> Callable[[pa.Array], pa.Array] | None:
    """Returns what takes the images' bytes from a column of this type; None where it holds none."""
    if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
        within = _bytes_of(kind.field("bytes").type)
        return within and (lambda column: within(pc.struct_field(column, "bytes")))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return lambda column: column
    return None
