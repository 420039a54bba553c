"""Makes a table for each of four hospitals, and one to judge by, from the UCI heart disease files.

The files `processed.cleveland.data`, `processed.hungarian.data`, `processed.switzerland.data` and
`processed.va.data` are at https://archive.ics.uci.edu/dataset/45/heart+disease (CC BY 4.0).

    python heart.py FOLDER-WITH-THE-FILES WHERE-THE-TABLES-GO
"""

import argparse
import csv
from pathlib import Path

HOSPITALS = ("cleveland", "hungarian", "switzerland", "va")
COLUMNS = (
    "age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak",
    "slope", "ca", "thal",
)  # fmt: skip
HOLDOUT_EVERY = 5


def make(source: Path, target: Path) -> tuple[list[Path], Path]:
    """Write the tables: `HOSPITAL.csv` four times, and `holdout.csv` with every fifth row of each."""
    target.mkdir(parents=True, exist_ok=True)
    tables, holdout = [], []
    for hospital in HOSPITALS:
        lines = (source / f"processed.{hospital}.data").read_text().split()
        rows = [row(line.split(",")) for line in lines]
        tables.append(target / f"{hospital}.csv")
        write(tables[-1], [one for number, one in enumerate(rows) if number % HOLDOUT_EVERY])
        holdout += rows[::HOLDOUT_EVERY]
    write(target / "holdout.csv", holdout)
    return tables, target / "holdout.csv"


def row(fields: list[str]) -> list[str]:
    values = ["" if field in ("?", "NaN") else f"{float(field):g}" for field in fields]
    if values[4] == "0":
        # Nobody has a cholesterol of 0; Switzerland wrote it where it was not measured.
        values[4] = ""
    return [*values[:13], "1" if float(fields[13]) > 0 else "0"]


def write(path: Path, rows: list[list[str]]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([[*COLUMNS, "y"], *rows])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    try:
        tables, holdout = make(options.source, options.target)
    except (OSError, ValueError) as error:
        raise SystemExit(f"error: {error}") from None
    print(*tables, holdout, sep="\n")
