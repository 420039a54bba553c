"""One digit, written and spoken: two encoders, whose outputs are joined late.

An example is a ZIP file with `image.pgm`, `speech.wav`, or both. Each encoder is a layer of its own;
what they find is put side by side and weighed by one last layer. In training, one modality is taken
away from some examples, so that the model also works where a site has only the other (Neverova et al.
2016, ModDrop).

Settings of the job, with what holds where they are missing: `hidden` 48 (of each encoder), `classes`
10, `epochs` 2, `batch` 20, `learningRate` 0.1, `drop` 0.3 (the share that loses a modality).
"""

import zipfile
from pathlib import Path
from typing import IO, Any

import features
import numpy as np
from numpy.typing import NDArray

import jointlab

WIDTHS = {"image": 784, "speech": features.WIDTH}
Inputs = dict[str, NDArray[Any]]


class FusionTrainer(jointlab.Trainer):
    def __init__(self) -> None:
        self.seen: dict[Path, Inputs] = {}

    def initial(self, job: jointlab.Job) -> jointlab.Weights:
        hidden, classes = job.config.get("hidden", 48), job.config.get("classes", 10)
        draw, weights = job.random, {}
        for name, width in WIDTHS.items():
            first = draw.standard_normal((width, hidden)) * (2 / width) ** 0.5
            weights[f"{name}.weight"] = first.astype(np.float32)
            weights[f"{name}.bias"] = np.zeros(hidden, np.float32)
            weights[f"{name}.output"] = np.zeros((hidden, classes), np.float32)
        return {**weights, "bias": np.zeros(classes, np.float32)}

    def fit(self, weights: jointlab.Weights, data: jointlab.Data, job: jointlab.Job) -> jointlab.Fitted:
        x, y = self.examples(data), data.labels(np.int64)
        w = {name: array.copy() for name, array in weights.items()}
        epochs, size = job.config.get("epochs", 2), job.config.get("batch", 20)
        share, draw = job.config.get("drop", 0.3), job.random
        for epoch in range(epochs):
            order = draw.permutation(len(y))
            for start in range(0, len(y), size):
                chosen = order[start : start + size]
                batch = thinned({name: rows[chosen] for name, rows in x.items()}, share, draw)
                step(w, batch, y[chosen], job.config.get("learningRate", 0.1))
            job.progress((epoch + 1) / epochs, f"epoch {epoch + 1}")
        return jointlab.Fitted(w, len(y), {"loss": loss(forward(w, x)[1], y)})

    def evaluate(
        self, weights: jointlab.Weights, data: jointlab.Data, job: jointlab.Job
    ) -> jointlab.Evaluated:
        x, y = self.examples(data), data.labels(np.int64)
        p = forward(weights, x)[1]
        metrics = {"loss": loss(p, y), "accuracy": accuracy(p, y)}
        for name in WIDTHS:
            metrics[f"{name}Accuracy"] = accuracy(forward(weights, only(name, x))[1], y)
        return jointlab.Evaluated(len(y), metrics)

    def predict(self, weights: jointlab.Weights, data: jointlab.Data, job: jointlab.Job) -> NDArray[Any]:
        return forward(weights, self.examples(data))[1]

    def examples(self, data: jointlab.Data) -> Inputs:
        """What each modality says, a row for each example; not-a-number where it is missing."""
        assert isinstance(data, jointlab.Files)
        if data.folder not in self.seen:
            rows = [read(path) for path in data]
            self.seen[data.folder] = {name: np.stack([row[name] for row in rows]) for name in WIDTHS}
        return self.seen[data.folder]


def read(path: Path) -> Inputs:
    readers = {"image": ("image.pgm", pgm), "speech": ("speech.wav", features.log_mel)}
    found = {}
    with zipfile.ZipFile(path) as archive:
        for name, (member, reader) in readers.items():
            found[name] = np.full(WIDTHS[name], np.nan, np.float32)
            if member in archive.namelist():
                with archive.open(member) as file:
                    found[name] = reader(file)
    return found


def pgm(file: IO[bytes]) -> NDArray[Any]:
    content = file.read()
    width, height, largest = (int(word) for word in content.split(maxsplit=4)[1:4])
    return np.frombuffer(content[-width * height :], np.uint8) / np.float32(largest)


def only(kept: str, x: Inputs) -> Inputs:
    """The examples as a site has them that knows no other modality."""
    return {name: rows if name == kept else np.full_like(rows, np.nan) for name, rows in x.items()}


def thinned(x: Inputs, share: float, draw: np.random.Generator) -> Inputs:
    """Takes one modality, image or speech, away from a share of the examples that have both."""
    has_both = ~np.any([np.isnan(rows[:, 0]) for rows in x.values()], axis=0)
    loses = has_both & (draw.random(len(has_both)) < share)
    which = draw.integers(len(x), size=len(has_both))
    return {
        name: np.where((loses & (which == position))[:, None], np.float32(np.nan), rows)
        for position, (name, rows) in enumerate(x.items())
    }


def forward(w: jointlab.Weights, x: Inputs) -> tuple[Inputs, NDArray[Any]]:
    """What each encoder found, 0 where its modality is missing, and the classes' probabilities."""
    found: Inputs = {}
    logits = w["bias"]
    for name, rows in x.items():
        is_there = ~np.isnan(rows[:, :1])
        found[name] = np.maximum(np.nan_to_num(rows) @ w[f"{name}.weight"] + w[f"{name}.bias"], 0) * is_there
        logits = logits + found[name] @ w[f"{name}.output"]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return found, powers / powers.sum(axis=1, keepdims=True)


def step(w: jointlab.Weights, x: Inputs, y: NDArray[Any], rate: float) -> None:
    found, error = forward(w, x)
    error[np.arange(len(y)), y] -= 1
    error /= len(y)
    w["bias"] -= rate * error.sum(axis=0)
    for name, rows in x.items():
        back = error @ w[f"{name}.output"].T * (found[name] > 0)
        w[f"{name}.output"] -= rate * (found[name].T @ error)
        w[f"{name}.weight"] -= rate * (np.nan_to_num(rows).T @ back)
        w[f"{name}.bias"] -= rate * back.sum(axis=0)


def accuracy(p: NDArray[Any], y: NDArray[Any]) -> float:
    return float(np.mean(p.argmax(axis=1) == y))


def loss(p: NDArray[Any], y: NDArray[Any]) -> float:
    return float(-np.mean(np.log(np.maximum(p[np.arange(len(y)), y], 1e-7))))
