"""Makes data for each of three sites, and for a judge, from the UCI sentiment labelled sentences.

The files `amazon_cells_labelled.txt`, `imdb_labelled.txt` and `yelp_labelled.txt` are at
https://archive.ics.uci.edu/dataset/331/sentiment+labelled+sentences (CC BY 4.0).

`--form files` makes folders with a text file for each sentence; `--form tokens` makes tables with a
column for each word, in which a word is a number: its hash below `--vocabulary`, and 0 where the
sentence is over.

    python sentences.py FOLDER-WITH-THE-FILES WHERE-THE-FOLDERS-GO
"""

import argparse
import csv
import re
import zlib
from pathlib import Path

SITES = ("amazon_cells", "imdb", "yelp")
HOLDOUT_EVERY = 5


def make(
    source: Path, target: Path, form: str = "files", vocabulary: int = 2048, length: int = 24
) -> tuple[list[Path], Path]:
    """Write a folder or a table for each site, and `holdout` with every fifth sentence of each."""
    holdout: list[tuple[str, str]] = []
    parts: dict[str, list[tuple[str, str]]] = {}
    for site in SITES:
        text = (source / f"{site}_labelled.txt").read_text(encoding="utf-8")
        fields = (line.rpartition("\t") for line in text.split("\n"))
        found = [(sentence, label) for sentence, _, label in fields if label]
        holdout += found[::HOLDOUT_EVERY]
        parts[site] = [one for number, one in enumerate(found) if number % HOLDOUT_EVERY]
    made = []
    for name, rows in [*parts.items(), ("holdout", holdout)]:
        if form == "files":
            made.append(target / name)
            write_folder(made[-1], rows)
        else:
            made.append(target / f"{name}.csv")
            write_table(made[-1], rows, vocabulary, length)
    return made[:-1], made[-1]


def write_folder(folder: Path, rows: list[tuple[str, str]]) -> None:
    (folder / "texts").mkdir(parents=True)
    with open(folder / "labels.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["file", "y"])
        for number, (sentence, label) in enumerate(rows):
            name = f"texts/{number:04}.txt"
            (folder / name).write_text(sentence, encoding="utf-8")
            table.writerow([name, label])


def write_table(path: Path, rows: list[tuple[str, str]], vocabulary: int, length: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow([*(f"t{number:02}" for number in range(length)), "y"])
        for sentence, label in rows:
            words = re.findall(r"[a-z']+", sentence.lower())[:length]
            tokens = [1 + zlib.crc32(word.encode()) % (vocabulary - 1) for word in words]
            table.writerow([*tokens, *[0] * (length - len(tokens)), label])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--form", choices=("files", "tokens"), default="files")
    parser.add_argument("--vocabulary", type=int, default=2048)
    parser.add_argument("--length", type=int, default=24, help="words that are kept of a sentence")
    options = parser.parse_args()
    try:
        sites, holdout = make(**vars(options))
    except (OSError, ValueError) as error:
        raise SystemExit(f"error: {error}") from None
    print(*sites, holdout, sep="\n")
