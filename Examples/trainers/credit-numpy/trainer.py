"""A network with one hidden layer for a table whose label is 0 or 1.

Settings of the job, with what holds where they are missing: `features` (names of columns, or their
number), `hidden` 16, `epochs` 1, `batch` 64, `learningRate` 0.05, `l2` 1e-4.
"""

import numpy as np

import jointlab


class CreditTrainer(jointlab.Trainer):
    def initial(self, job):
        features = job.config.get("features", 23)
        count = features if isinstance(features, int) else len(features)
        hidden = job.config.get("hidden", 16)
        draw = job.random
        return {
            "hidden.weight": (draw.standard_normal((count, hidden)) * (2 / count) ** 0.5).astype(np.float32),
            "hidden.bias": np.zeros(hidden, np.float32),
            "output.weight": (draw.standard_normal(hidden) * (1 / hidden) ** 0.5).astype(np.float32),
            "output.bias": np.zeros(1, np.float32),
        }

    def fit(self, weights, data, job):
        x, y = rows(data, job)
        w = {name: array.copy() for name, array in weights.items()}
        epochs, size = job.config.get("epochs", 1), job.config.get("batch", 64)
        rate, decay = job.config.get("learningRate", 0.05), job.config.get("l2", 1e-4)
        draw = job.random
        for epoch in range(epochs):
            order = draw.permutation(len(y))
            for start in range(0, len(y), size):
                step(w, x[order[start : start + size]], y[order[start : start + size]], rate, decay)
            job.progress((epoch + 1) / epochs, f"epoch {epoch + 1}")
        return jointlab.Fitted(w, len(y), {"loss": loss(y, forward(w, x)[1])})

    def evaluate(self, weights, data, job):
        x, y = rows(data, job)
        p = forward(weights, x)[1]
        metrics = {"loss": loss(y, p), "accuracy": float(np.mean((p > 0.5) == (y > 0.5)))}
        if 0 < y.sum() < len(y):
            metrics["auc"] = auc(y, p)
        return jointlab.Evaluated(len(y), metrics)

    def predict(self, weights, data, job):
        return forward(weights, rows(data, job, labelled=False)[0])[1]


def rows(data, job, labelled=True):
    features = job.config.get("features", ())
    if isinstance(features, int) or not features:
        features = [name for name in data.features if name != "id"]
    x = np.stack([data[name] for name in features], axis=1).astype(np.float32)
    return x, data.labels(np.float32) if labelled else None


def forward(w, x):
    hidden = np.maximum(x @ w["hidden.weight"] + w["hidden.bias"], 0)
    return hidden, 1 / (1 + np.exp(-np.clip(hidden @ w["output.weight"] + w["output.bias"], -30, 30)))


def step(w, x, y, rate, decay):
    hidden, p = forward(w, x)
    error = (p - y) / len(y)
    back = np.outer(error, w["output.weight"]) * (hidden > 0)
    w["output.weight"] -= rate * (hidden.T @ error + decay * w["output.weight"])
    w["output.bias"] -= rate * error.sum()
    w["hidden.weight"] -= rate * (x.T @ back + decay * w["hidden.weight"])
    w["hidden.bias"] -= rate * back.sum(axis=0)


def loss(y, p):
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


def auc(y, p):
    """The share of pairs of a default and another that stand in the right order (Mann and Whitney)."""
    order = np.argsort(p, kind="stable")
    ranks = np.empty(len(p))
    values, first, counts = np.unique(p[order], return_index=True, return_counts=True)
    ranks[order] = np.repeat(first + (counts + 1) / 2, counts)
    positives = y.sum()
    return float((ranks[y > 0.5].sum() - positives * (positives + 1) / 2) / (positives * (len(y) - positives)))
