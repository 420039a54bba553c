"""Whether a text is content or not: logistic regression on its words and pairs of neighbours.

Words are hashed (Weinberger et al. 2009, ICML), so that sites need no common list of words, which would
tell what is in their texts. The sign of a hash keeps collisions from adding up.

Settings of the job, with what holds where they are missing: `dimensions` 8192, `epochs` 2, `batch` 16,
`learningRate` 2, `l2` 1e-4.
"""

import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import jointlab

DIMENSIONS = 8192


class SentimentTrainer(jointlab.Trainer):
    def __init__(self) -> None:
        self.seen: dict[tuple[Path, int], NDArray[Any]] = {}

    def initial(self, job: jointlab.Job) -> jointlab.Weights:
        return {
            "weight": np.zeros(job.config.get("dimensions", DIMENSIONS), np.float32),
            "bias": np.zeros(1, np.float32),
        }

    def fit(self, weights: jointlab.Weights, data: jointlab.Data, job: jointlab.Job) -> jointlab.Fitted:
        w, b = weights["weight"].copy(), weights["bias"].copy()
        x, y = self.texts(data, len(w)), data.labels(np.float32)
        rate, decay = job.config.get("learningRate", 2), job.config.get("l2", 1e-4)
        size, draw = job.config.get("batch", 16), job.random
        for _ in range(job.config.get("epochs", 2)):
            order = draw.permutation(len(y))
            for start in range(0, len(y), size):
                chosen = order[start : start + size]
                error = (probabilities(x[chosen], w, b) - y[chosen]) / len(chosen)
                w -= rate * (error @ x[chosen] + decay * w)
                b -= rate * error.sum()
        return jointlab.Fitted({"weight": w, "bias": b}, len(y), {"loss": loss(probabilities(x, w, b), y)})

    def evaluate(
        self, weights: jointlab.Weights, data: jointlab.Data, job: jointlab.Job
    ) -> jointlab.Evaluated:
        p, y = self.predict(weights, data, job), data.labels(np.float32)
        accuracy = float(np.mean((p > 0.5) == (y > 0.5)))
        return jointlab.Evaluated(len(y), {"loss": loss(p, y), "accuracy": accuracy})

    def predict(self, weights: jointlab.Weights, data: jointlab.Data, job: jointlab.Job) -> NDArray[Any]:
        return probabilities(self.texts(data, len(weights["weight"])), weights["weight"], weights["bias"])

    def texts(self, data: jointlab.Data, dimensions: int) -> NDArray[Any]:
        """A row for each text, of length 1; read once while the worker lives."""
        assert isinstance(data, jointlab.Files)
        key = (data.folder, dimensions)
        if key not in self.seen:
            rows = np.zeros((len(data), dimensions), np.float32)
            for row, path in zip(rows, data):
                hashed(path.read_text(encoding="utf-8"), row)
            self.seen[key] = rows
        return self.seen[key]


def hashed(text: str, row: NDArray[Any]) -> None:
    words = re.findall(r"[\w']+|!", text.lower())
    for term in words + [f"{first} {second}" for first, second in zip(words, words[1:])]:
        code = zlib.crc32(term.encode())
        row[(code >> 1) % len(row)] += 1 - 2 * (code & 1)
    row /= max(1e-6, float(np.linalg.norm(row)))


def probabilities(x: NDArray[Any], w: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    answer: NDArray[Any] = 1 / (1 + np.exp(-np.clip(x @ w + b, -30, 30)))
    return answer


def loss(p: NDArray[Any], y: NDArray[Any]) -> float:
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
