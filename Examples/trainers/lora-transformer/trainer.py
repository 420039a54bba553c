"""Low-rank adapters on a frozen transformer, for sentences whose words are numbers.

A site trains, for a frozen matrix W, the matrix B of W + A·B (Hu et al. 2022, ICLR). A is drawn from the
job's settings and stays as it is, so that the mean of the sites' products is the product of their
means, which it is not where both are trained: FFA-LoRA (Sun, Li, Li, Ding 2024, ICLR). Only the B and
the last layer leave a site.

The transformer itself is made from its settings, not downloaded: all sites draw the same one.

Settings of the job, with what holds where they are missing: `vocabulary` 2048, `width` 128, `heads` 4,
`layers` 1, `rank` 16, `baseSeed` 7, `trainA` false, `epochs` 1, `batch` 16, `learningRate` 0.2.
"""

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

import jointlab
import transformer

Array = NDArray[Any]


class AdapterTrainer(jointlab.Trainer):
    def initial(self, job: jointlab.Job) -> jointlab.Weights:
        settings = architecture(job)
        weights: jointlab.Weights = {
            "head.weight": np.zeros((settings.width, 1), np.float32), "head.bias": np.zeros(1, np.float32),
        }  # fmt: skip
        for place, a in base(settings).a.items():
            weights[f"{place}.B"] = np.zeros((settings.rank, settings.width), np.float32)
            if job.config.get("trainA", False):
                weights[f"{place}.A"] = a
        return weights

    def fit(self, weights: jointlab.Weights, data: jointlab.Data, job: jointlab.Job) -> jointlab.Fitted:
        frozen, (tokens, y) = base(architecture(job)), (words(data), data.labels(np.float32))
        w = {name: array.copy() for name, array in weights.items()}
        size, rate, draw = job.config.get("batch", 16), job.config.get("learningRate", 0.2), job.random
        epochs = job.config.get("epochs", 1)
        for epoch in range(epochs):
            order = draw.permutation(len(y))
            for start in range(0, len(y), size):
                chosen = order[start : start + size]
                for name, slope in transformer.slopes(frozen, w, tokens[chosen], y[chosen]).items():
                    w[name] -= rate * slope
            job.progress((epoch + 1) / epochs, f"epoch {epoch + 1}")
        return jointlab.Fitted(w, len(y), {"loss": loss(transformer.probabilities(frozen, w, tokens), y)})

    def evaluate(
        self, weights: jointlab.Weights, data: jointlab.Data, job: jointlab.Job
    ) -> jointlab.Evaluated:
        p, y = self.predict(weights, data, job), data.labels(np.float32)
        accuracy = float(np.mean((p > 0.5) == (y > 0.5)))
        return jointlab.Evaluated(len(y), {"loss": loss(p, y), "accuracy": accuracy})

    def predict(self, weights: jointlab.Weights, data: jointlab.Data, job: jointlab.Job) -> Array:
        return transformer.probabilities(base(architecture(job)), weights, words(data))


def architecture(job: jointlab.Job) -> transformer.Architecture:
    known = {name: job.config[name] for name in transformer.Architecture._fields if name in job.config}
    return transformer.Architecture(**known)


@functools.lru_cache(maxsize=2)
def base(settings: transformer.Architecture) -> transformer.Base:
    return transformer.make(settings)


def words(data: jointlab.Data) -> Array:
    """The numbers of each sentence's words; 0 where it is over."""
    assert isinstance(data, jointlab.Table)
    names = sorted(name for name in data.features if name.startswith("t"))
    return np.stack([data[name] for name in names], axis=1).astype(np.int64)


def loss(p: Array, y: Array) -> float:
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
