"""Make the four CSV files of this folder from scikit-learn's copy of the data.

Run it as ``python make.py`` with scikit-learn installed (made with 1.9.1). It writes beside itself,
and writes the same bytes each time: the rows are dealt out in the order of a hash of their number,
so neither a random generator nor a version of a library decides who gets which row.
"""

import csv
import hashlib
from pathlib import Path

from sklearn.datasets import load_breast_cancer  # type: ignore[import-untyped]

SITES = {
    "north-hospital": 190,
    "river-clinic": 150,
    "south-hospital": 115,
    "valley-hospital": 114,
}


def column_name(feature: str) -> str:
    """Turn a name such as ``worst fractal dimension`` into ``worst_fractal_dimension``."""
    return feature.replace(" ", "_")


def place(row: int) -> bytes:
    """Return what the rows are ordered by before they are dealt out."""
    return hashlib.sha256(f"jointlab/breast-cancer/{row}".encode()).digest()


def main() -> None:
    """Write one file for each site."""
    data = load_breast_cancer()
    order = sorted(range(len(data.target)), key=place)
    if len(order) != sum(SITES.values()):
        raise SystemExit(f"expected {sum(SITES.values())} rows, and there are {len(order)}")

    header = ["diagnosis", *(column_name(name) for name in data.feature_names)]
    start = 0
    for site, count in SITES.items():
        rows = order[start : start + count]
        start += count
        path = Path(__file__).with_name(f"{site}.csv")
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            for row in rows:
                # In scikit-learn's copy 0 is malignant and 1 is benign.
                diagnosis = "MB"[data.target[row]]
                writer.writerow([diagnosis, *(repr(float(x)) for x in data.data[row])])
        malignant = sum(data.target[row] == 0 for row in rows)
        print(f"{path.name}: {count} rows, {malignant} malignant")


if __name__ == "__main__":
    main()
