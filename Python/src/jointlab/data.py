"""What a trainer sees of a site's data."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Table:
    """Rows and columns, read once and kept.

    Parameters
    ----------
    path
        A CSV file with a line of names, or a Parquet file (which needs pyarrow).
    features
        The columns that :meth:`matrix` gives; none: all but the label.
    label
        The column that :meth:`labels` gives.
    """

    def __init__(self, path: str | Path, features: Sequence[str] = (), label: str | None = None) -> None:
        self.path = Path(path)
        self._features = tuple(features)
        self.label = label

    @cached_property
    def columns(self) -> dict[str, NDArray[Any]]:
        """All columns by name: float64 where every field is a number or empty (NaN), else text."""
        if self.path.suffix == ".parquet":
            return _parquet(self.path)
        with open(self.path, newline="", encoding="utf-8-sig") as file:
            return _csv(file, self.path.name)

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the matrix's columns, in order."""
        return self._features or tuple(name for name in self.columns if name != self.label)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, name: str) -> NDArray[Any]:
        try:
            return self.columns[name]
        except KeyError:
            raise KeyError(f"{self.path.name} has no column {name!r}") from None

    def matrix(self, dtype: DTypeLike = np.float32) -> NDArray[Any]:
        """The features, of the shape (rows, features)."""
        key = np.dtype(dtype).str
        if key not in self._matrices:
            matrix = np.empty((len(self), len(self.features)), dtype)
            for position, name in enumerate(self.features):
                column = self[name]
                if column.dtype.kind not in "fiub":
                    raise TypeError(f"the column {name!r} of {self.path.name} holds texts; encode them yourself")
                matrix[:, position] = column
            matrix.flags.writeable = False
            self._matrices[key] = matrix
        return self._matrices[key]

    def labels(self, dtype: DTypeLike | None = None) -> NDArray[Any]:
        """The label of each row."""
        if self.label is None:
            raise ValueError("the bundle's manifest names no label")
        column = self[self.label]
        return column if dtype is None else column.astype(dtype)

    @cached_property
    def _matrices(self) -> dict[str, NDArray[Any]]:
        return {}


class Files(Sequence[Path]):
    """A folder of files with a table of labels, ``labels.csv``.

    The table has a column ``file``, the path of a file below the folder, and as many others as the
    owner likes. Without a table, the files are all that lie in the folder.
    """

    def __init__(self, folder: str | Path, label: str | None = None) -> None:
        self.folder = Path(folder)
        self.label = label

    @cached_property
    def table(self) -> Table | None:
        """The table of labels, if there is one."""
        path = self.folder / "labels.csv"
        return Table(path, label=self.label) if path.is_file() else None

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """The files, in the table's order, else by name."""
        if self.table is None:
            return tuple(sorted(path for path in self.folder.rglob("*") if path.is_file()))
        return tuple(self.folder / name for name in self._names)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        """The column `file` as it stands: names may be plain numbers."""
        with open(self.folder / "labels.csv", newline="", encoding="utf-8-sig") as file:
            lines = csv.DictReader(file)
            if "file" not in (lines.fieldnames or ()):
                raise KeyError("labels.csv has no column 'file'")
            return tuple(line["file"] for line in lines)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: Any) -> Any:
        return self.paths[index]

    def __iter__(self) -> Iterator[Path]:
        return iter(self.paths)

    def labels(self, dtype: DTypeLike | None = None) -> NDArray[Any]:
        """The label of each file."""
        if self.table is None:
            raise ValueError(f"{self.folder.name} has no labels.csv")
        return self.table.labels(dtype)


Data: TypeAlias = Table | Files


def _csv(file: io.TextIOBase, name: str) -> dict[str, NDArray[Any]]:
    lines = csv.reader(file)
    names = next(lines, None)
    if names is None:
        raise ValueError(f"{name} is empty; a line of column names should come first")
    if len(set(names)) != len(names):
        raise ValueError(f"{name} has a column name twice")
    rows = [row for row in lines if row]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(names):
            raise ValueError(f"{name}, row {number}: {len(row)} fields, and {len(names)} columns")
    return {column: _values([row[i] for row in rows]) for i, column in enumerate(names)}


def _values(fields: list[str]) -> NDArray[Any]:
    try:
        return np.array([float(field) if field.strip() else np.nan for field in fields])
    except ValueError:
        return np.array(fields)


def _parquet(path: Path) -> dict[str, NDArray[Any]]:
    try:
        from pyarrow import parquet
    except ImportError:
        raise ImportError("Parquet files need pyarrow among the bundle's requirements") from None
    table = parquet.read_table(path)
    return {name: table.column(name).to_numpy() for name in table.column_names}
