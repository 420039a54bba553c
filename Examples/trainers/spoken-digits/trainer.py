"""A network with one hidden layer for a folder of recordings (WAV) with a label from 0.

Settings of the job, with what holds where they are missing: `classes` 10, `hidden` 64, `epochs` 2,
`batch` 20, `learningRate` 0.1.
"""

from pathlib import Path
from typing import Any

import features
import numpy as np
from numpy.typing import NDArray

import jointlab


class SpeechTrainer(jointlab.Trainer):
    def __init__(self) -> None:
        self.seen: dict[Path, NDArray[Any]] = {}

    def initial(self, job: jointlab.Job) -> jointlab.Weights:
        classes, hidden = job.config.get("classes", 10), job.config.get("hidden", 64)
        first = job.random.standard_normal((features.WIDTH, hidden)) * (2 / features.WIDTH) ** 0.5
        return {
            "hidden.weight": first.astype(np.float32),
            "hidden.bias": np.zeros(hidden, np.float32),
            "output.weight": np.zeros((hidden, classes), np.float32),
            "output.bias": np.zeros(classes, np.float32),
        }

    def fit(self, weights: jointlab.Weights, data: jointlab.Data, job: jointlab.Job) -> jointlab.Fitted:
        x, y = self.sounds(data), data.labels(np.int64)
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
        return forward(weights, self.sounds(data))[1]

    def sounds(self, data: jointlab.Data) -> NDArray[Any]:
        """The spectrum of each recording, a row each; read once while the worker lives."""
        assert isinstance(data, jointlab.Files)
        if data.folder not in self.seen:
            self.seen[data.folder] = np.stack([features.log_mel(str(path)) for path in data])
        return self.seen[data.folder]


def forward(w: jointlab.Weights, x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    hidden = np.maximum(x @ w["hidden.weight"] + w["hidden.bias"], 0)
    logits = hidden @ w["output.weight"] + w["output.bias"]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return hidden, powers / powers.sum(axis=1, keepdims=True)


def step(w: jointlab.Weights, x: NDArray[Any], y: NDArray[Any], rate: float) -> None:
    hidden, error = forward(w, x)
    error[np.arange(len(y)), y] -= 1
    error /= len(y)
    back = error @ w["output.weight"].T * (hidden > 0)
    w["output.weight"] -= rate * (hidden.T @ error)
    w["output.bias"] -= rate * error.sum(axis=0)
    w["hidden.weight"] -= rate * (x.T @ back)
    w["hidden.bias"] -= rate * back.sum(axis=0)


def loss(p: NDArray[Any], y: NDArray[Any]) -> float:
    return float(-np.mean(np.log(np.maximum(p[np.arange(len(y)), y], 1e-7))))
