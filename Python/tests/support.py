"""What the tests share."""

import csv
import shutil
import tempfile
import unittest
from pathlib import Path

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
