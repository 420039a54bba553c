"""Makes a folder of examples with two modalities for each of three sites, and one to judge by.

An example is a ZIP file: `image.pgm`, a handwritten digit of MNIST, and `speech.wav`, the same digit
spoken; see `digits.py` and `speech.py` for where they come from. One file for an example keeps its
parts together however the owner's rows are divided.

    python pairs.py FOLDER-WITH-MNIST recordings.tar.gz WHERE-THE-FOLDERS-GO --each 4
"""

import argparse
import csv
import io
import tarfile
import zipfile
from collections import defaultdict
from pathlib import Path

import digits
import numpy as np
import speech


def make(
    mnist: Path, recordings: Path, target: Path, each: int = 4, judged: int = 2
) -> tuple[list[Path], Path]:
    """Write `site-0` and so on, with an example for each of `each` recordings of a digit and speaker."""
    images, labels = digits.idx(mnist, "train-images-idx3"), digits.idx(mnist, "train-labels-idx1")
    unused = {str(digit): iter(np.flatnonzero(labels == digit)) for digit in range(10)}
    folders: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for digit, _, _, name, sound in sorted(speech.recordings(recordings, each, judged)):
        path = (target / name).with_suffix(".zip")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(example(digits.pgm(images[next(unused[digit])]), sound))
        folders[path.parent.name].append((path.name, digit))
    for folder, rows in folders.items():
        with open(target / folder / "labels.csv", "w", newline="", encoding="utf-8") as table:
            csv.writer(table).writerows([("file", "y"), *rows])
    return [target / f"site-{site}" for site in range(len(speech.SITES))], target / "holdout"


def example(image: bytes, sound: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo("image.pgm"), image)
        archive.writestr(zipfile.ZipInfo("speech.wav"), sound)
    return content.getvalue()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("mnist", type=Path)
    parser.add_argument("recordings", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--each", type=int, default=4, help="examples of a digit and speaker")
    parser.add_argument("--judged", type=int, default=2)
    options = parser.parse_args()
    try:
        sites, holdout = make(**vars(options))
    except (OSError, ValueError, tarfile.TarError) as error:
        raise SystemExit(f"error: {error}") from None
    print(*sites, holdout, sep="\n")
