"""Makes a folder of images for each site, and one to judge by, from MNIST's IDX files.

The files `train-images-idx3-ubyte.gz` and so on are at https://yann.lecun.com/exdb/mnist and many
mirrors. Images become PGM files, which need no library; `--form table` makes a CSV file for each site
in their place, with a column for each pixel.

Four fifths of a site's images show digits of its own, so that no site alone can learn them all.

    python digits.py FOLDER-WITH-THE-FILES WHERE-THE-FOLDERS-GO --sites 4 --each 400
"""

import argparse
import csv
import gzip
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

OWN_SHARE = 0.8


def make(
    source: Path, target: Path, sites: int = 4, each: int = 400, judged: int = 500, form: str = "files"
) -> tuple[list[Path], Path]:
    """Write `site-0` and so on, and `holdout`, folders or tables."""
    write = {"files": write_folder, "table": write_table}[form]
    suffix = {"files": "", "table": ".csv"}[form]
    images, labels = idx(source, "train-images-idx3"), idx(source, "train-labels-idx1")
    made = []
    for site, rows in enumerate(split(labels, sites, each)):
        made.append(target / f"site-{site}{suffix}")
        write(made[-1], images[rows], labels[rows])
    holdout = target / f"holdout{suffix}"
    write(holdout, idx(source, "t10k-images-idx3")[:judged], idx(source, "t10k-labels-idx1")[:judged])
    return made, holdout


def split(labels: NDArray[Any], sites: int, each: int) -> list[NDArray[Any]]:
    """The rows of each site, none twice."""
    draw = np.random.default_rng(1)
    free = draw.permutation(len(labels))
    parts = []
    for site in range(sites):
        is_own = labels[free] % sites == site
        own = free[is_own][: int(each * OWN_SHARE)]
        other = free[~is_own][: each - len(own)]
        parts.append(draw.permutation(np.concatenate([own, other])))
        if len(parts[-1]) < each:
            raise ValueError(f"there are not enough images for {sites} sites with {each} each")
        free = free[~np.isin(free, parts[-1])]
    return parts


def idx(source: Path, name: str) -> NDArray[Any]:
    """An IDX file: its dimensions in the first bytes, big-endian, then a byte for each value."""
    with gzip.open(source / f"{name}-ubyte.gz") as file:
        content = file.read()
    dimensions = content[3]
    shape = np.frombuffer(content, ">u4", dimensions, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def pgm(image: NDArray[Any]) -> bytes:
    """A grey image as a PGM file."""
    height, width = image.shape
    return b"P5 %d %d 255\n" % (width, height) + image.tobytes()


def write_folder(folder: Path, images: NDArray[Any], labels: NDArray[Any]) -> None:
    (folder / "images").mkdir(parents=True)
    rows = [["file", "y"]]
    for number, (image, label) in enumerate(zip(images, labels)):
        rows.append([f"images/{number:04}.pgm", str(label)])
        (folder / rows[-1][0]).write_bytes(pgm(image))
    with open(folder / "labels.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def write_table(path: Path, images: NDArray[Any], labels: NDArray[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    names = [f"p{number:03}" for number in range(images[0].size)]
    with open(path, "w", newline="", encoding="utf-8") as file:
        rows = np.concatenate([images.reshape(len(images), -1), labels[:, None]], axis=1)
        csv.writer(file).writerows([[*names, "y"], *rows.tolist()])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--sites", type=int, default=4)
    parser.add_argument("--each", type=int, default=400, help="images a site")
    parser.add_argument("--judged", type=int, default=500, help="images to judge by")
    parser.add_argument("--form", choices=("files", "table"), default="files")
    options = parser.parse_args()
    try:
        sites, holdout = make(**vars(options))
    except (OSError, ValueError) as error:
        raise SystemExit(f"error: {error}") from None
    print(*sites, holdout, sep="\n")
