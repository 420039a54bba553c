"""Makes a folder of recordings for each of three sites, and one to judge by, from spoken digits.

`recordings.tar.gz` is the folder `recordings` of https://github.com/Jakobovski/free-spoken-digit-dataset
(CC BY-SA 4.0). A site has two of the six speakers; the recordings 0 to 4 of each speaker and digit are
to judge by, as the data set's authors have it.

    python speech.py recordings.tar.gz WHERE-THE-FOLDERS-GO --each 8
"""

import argparse
import csv
import tarfile
from collections import defaultdict
from pathlib import Path

SITES = (("george", "jackson"), ("lucas", "nicolas"), ("theo", "yweweler"))
HOLDOUT_BELOW = 5


def make(source: Path, target: Path, each: int = 8, judged: int = 2) -> tuple[list[Path], Path]:
    """Write `site-0` and so on, with `each` recordings of a digit and speaker, and `holdout`."""
    folders: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for digit, speaker, _, name, content in recordings(source, each, judged):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(content)
        folder, _, file = name.partition("/")
        folders[folder].append((file, digit))
    for folder, rows in folders.items():
        with open(target / folder / "labels.csv", "w", newline="", encoding="utf-8") as table:
            csv.writer(table).writerows([("file", "y"), *sorted(rows)])
    return [target / f"site-{site}" for site in range(len(SITES))], target / "holdout"


def recordings(source: Path, each: int, judged: int) -> list[tuple[str, str, int, str, bytes]]:
    """Digit, speaker, number, path below the target, and content of the recordings that are wanted."""
    site_of = {speaker: f"site-{site}" for site, speakers in enumerate(SITES) for speaker in speakers}
    found = []
    with tarfile.open(source) as archive:
        for member in archive:
            name = Path(member.name).name
            if not name.endswith(".wav"):
                continue
            digit, speaker, text = name.removesuffix(".wav").split("_")
            number = int(text)
            if number < judged:
                folder = "holdout"
            elif HOLDOUT_BELOW <= number < HOLDOUT_BELOW + each:
                folder = site_of[speaker]
            else:
                continue
            file = archive.extractfile(member)
            if file is not None:
                found.append((digit, speaker, number, f"{folder}/{name}", file.read()))
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--each", type=int, default=8, help="recordings of a digit and speaker")
    parser.add_argument("--judged", type=int, default=2, choices=range(1, HOLDOUT_BELOW + 1))
    options = parser.parse_args()
    try:
        sites, holdout = make(**vars(options))
    except (OSError, ValueError, tarfile.TarError) as error:
        raise SystemExit(f"error: {error}") from None
    print(*sites, holdout, sep="\n")
