"""What the tests share."""

import csv
import importlib
import os
import shutil
import sys
import tempfile
import unittest
from pathlib import Path
from types import ModuleType

import numpy as np

EXAMPLES = Path(__file__).resolve().parents[2] / "Examples" / "trainers"


class FolderTestCase(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def bundle(self, source: str, manifest: str = "", name: str = "bundle") -> Path:
        folder = self.folder / name
        folder.mkdir()
        (folder / "trainer.py").write_text(source)
        (folder / "jointlab.toml").write_text(
            manifest
            or 'name = "t"\nversion = "1"\n[program]\nentry = "trainer:T"\npython = "3.11"\n[inputs]\nlabel = "y"\n'
        )
        return folder

    def table(self, rows: int = 200, features: int = 4, seed: int = 3) -> Path:
        """Rows whose label a line separates, but for some noise."""
        draw = np.random.default_rng(seed)
        x = draw.standard_normal((rows, features))
        y = (x @ np.linspace(1, -1, features) + 0.3 * draw.standard_normal(rows) > 0).astype(int)
        path = self.folder / f"table-{seed}.csv"
        with open(path, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "y", *(f"x{i}" for i in range(features))])
            writer.writerows([i, y[i], *x[i]] for i in range(rows))
        return path


def shared(name: str) -> Path:
    """A folder of public data beside the checkout; the test is skipped where there is none."""
    folders = [parent / "shared" for parent in EXAMPLES.parents]
    if named := os.environ.get("JOINTLAB_SHARED"):
        folders = [Path(named)]
    for folder in folders:
        if (folder / "data" / name).exists():
            return folder / "data" / name
    raise unittest.SkipTest(f"there is no shared/data/{name} beside the checkout")


def maker(name: str) -> ModuleType:
    """A script of Examples/data that divides public data among sites."""
    folder = str(EXAMPLES.parent / "data")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(name)
