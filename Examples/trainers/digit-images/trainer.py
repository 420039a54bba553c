"""A small convolutional network for a folder of grey images (PGM) with a label from 0.

Filters of 5 × 5 pixels, a step of 3 apart, then what is above 0, then one layer to the classes.
Settings of the job, with what holds where they are missing: `side` 28 (of an image, in pixels),
`classes` 10, `filters` 16, `epochs` 2, `batch` 20, `learningRate` 0.1.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import jointlab

KERNEL, STRIDE = 5, 3


class ImageTrainer(jointlab.Trainer):
    def __init__(self) -> None:
        self.seen: dict[Path, NDArray[Any]] = {}

    def initial(self, job: jointlab.Job) -> jointlab.Weights:
        places = ((job.config.get("side", 28) - KERNEL) // STRIDE + 1) ** 2
        filters, classes = job.config.get("filters", 16), job.config.get("classes", 10)
        first = job.random.standard_normal((KERNEL**2, filters)) * (2 / KERNEL**2) ** 0.5
        return {
            "filters.weight": first.astype(np.float32),
            "filters.bias": np.zeros(filters, np.float32),
            "output.weight": np.zeros((places * filters, classes), np.float32),
            "output.bias": np.zeros(classes, np.float32),
        }

    def fit(self, weights: jointlab.Weights, data: jointlab.Data, job: jointlab.Job) -> jointlab.Fitted:
        x, y = self.images(data), data.labels(np.int64)
        w = {name: array.copy() for name, array in weights.items()}
        epochs, size = job.config.get("epochs", 2), job.config.get("batch", 20)
        draw = job.random
        for epoch in range(epochs):
            order = draw.permutation(len(y))
            for start in range(0, len(y), size):
                chosen = order[start : start + size]
                step(w, x[chosen], y[chosen], job.config.get("learningRate", 0.1))
            job.progress((epoch + 1) / epochs, f"epoch {epoch + 1}")
        return jointlab.Fitted(w, len(y), {"loss": loss(forward(w, x)[1], y)})

    def evaluate(
        self, weights: jointlab.Weights, data: jointlab.Data, job: jointlab.Job
    ) -> jointlab.Evaluated:
        p, y = self.predict(weights, data, job), data.labels(np.int64)
        accuracy = float(np.mean(p.argmax(axis=1) == y))
        return jointlab.Evaluated(len(y), {"loss": loss(p, y), "accuracy": accuracy})

    def predict(self, weights: jointlab.Weights, data: jointlab.Data, job: jointlab.Job) -> NDArray[Any]:
        return forward(weights, self.images(data))[1]

    def images(self, data: jointlab.Data) -> NDArray[Any]:
        """The patches of each image that filters look at; read once while the worker lives."""
        assert isinstance(data, jointlab.Files)
        if data.folder not in self.seen:
            images = np.stack([pgm(path) for path in data])
            windows = np.lib.stride_tricks.sliding_window_view(images, (KERNEL, KERNEL), axis=(1, 2))
            self.seen[data.folder] = windows[:, ::STRIDE, ::STRIDE].reshape(len(images), -1, KERNEL**2)
        return self.seen[data.folder]


def pgm(path: Path) -> NDArray[Any]:
    """A PGM file's pixels from 0 to 1. Its header is four words: P5, width, height, largest value."""
    content = path.read_bytes()
    form, columns, rows, largest = content.split(maxsplit=4)[:4]
    if form != b"P5" or int(largest) > 255:
        raise ValueError(f"{path.name} is no PGM file with a byte for each pixel")
    shape = int(rows), int(columns)
    pixels = np.frombuffer(content[-shape[0] * shape[1] :], np.uint8).reshape(shape)
    return pixels / np.float32(int(largest))


def forward(w: jointlab.Weights, x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """What the filters found, (images, places, filters), and the probabilities of the classes."""
    found = np.maximum(x @ w["filters.weight"] + w["filters.bias"], 0)
    logits = found.reshape(len(x), -1) @ w["output.weight"] + w["output.bias"]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return found, powers / powers.sum(axis=1, keepdims=True)


def step(w: jointlab.Weights, x: NDArray[Any], y: NDArray[Any], rate: float) -> None:
    found, error = forward(w, x)
    error[np.arange(len(y)), y] -= 1
    error /= len(y)
    back = (error @ w["output.weight"].T).reshape(found.shape) * (found > 0)
    w["output.weight"] -= rate * (found.reshape(len(x), -1).T @ error)
    w["output.bias"] -= rate * error.sum(axis=0)
    w["filters.weight"] -= rate * np.tensordot(x, back, axes=((0, 1), (0, 1)))
    w["filters.bias"] -= rate * back.sum(axis=(0, 1))


def loss(p: NDArray[Any], y: NDArray[Any]) -> float:
    return float(-np.mean(np.log(np.maximum(p[np.arange(len(y)), y], 1e-7))))
