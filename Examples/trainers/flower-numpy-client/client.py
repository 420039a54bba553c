"""Logistic regression as a Flower client. Under Flower, a site starts it with
--node-config 'data-path="bank.csv"'; flwr need not be installed where its base class is not used."""

import csv

import numpy as np

try:
    from flwr.client import NumPyClient
except ImportError:
    NumPyClient = object


class LogisticClient(NumPyClient):
    def __init__(self, x, y):
        self.x, self.y = x, y
        self.w, self.b = np.zeros(x.shape[1]), np.zeros(1)

    def get_parameters(self, config):
        return [self.w, self.b]

    def set_parameters(self, parameters):
        self.w, self.b = parameters

    def probabilities(self):
        return 1 / (1 + np.exp(-(self.x @ self.w + self.b)))

    def fit(self, parameters, config):
        self.set_parameters(parameters)
        for _ in range(int(config.get("epochs", 20))):
            error = (self.probabilities() - self.y) / len(self.y)
            self.w -= config.get("lr", 0.5) * self.x.T @ error
            self.b -= config.get("lr", 0.5) * error.sum()
        return self.get_parameters(config), len(self.y), {}

    def evaluate(self, parameters, config):
        self.set_parameters(parameters)
        p = np.clip(self.probabilities(), 1e-7, 1 - 1e-7)
        loss = -np.mean(self.y * np.log(p) + (1 - self.y) * np.log(1 - p))
        return float(loss), len(self.y), {"accuracy": float(np.mean((p > 0.5) == self.y))}


def client_fn(context):
    path = context.node_config["data-path"]
    if not path:
        # Asked for the first model, where there is no data.
        return LogisticClient(np.zeros((0, int(context.run_config.get("features", 23)))), np.zeros(0))
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name not in ("id", "y")]
    x = np.array([[float(row[name]) for name in names] for row in rows])
    return LogisticClient(x, np.array([float(row["y"]) for row in rows]))
