"""A perceptron in PyTorch for MNIST, as Flower's quickstart has it: this file knows nothing of Jointlab.

Under Flower, a site starts it with --node-config 'data-path="site-0.csv"', a table with a column for
each pixel and the digit in `y`, as Examples/data/digits.py --form table makes it.
"""

import csv
from collections import OrderedDict

import numpy as np
import torch
from flwr.client import NumPyClient
from flwr.clientapp import ClientApp

# Where several sites share a machine, each keeps to one core.
torch.set_num_threads(1)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(784, 200), torch.nn.ReLU(), torch.nn.Linear(200, 10)
        )

    def forward(self, x):
        return self.layers(x)


def load(path):
    table = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.float32)
    with open(path, newline="") as file:
        answer = next(csv.reader(file)).index("y")
    pixels = np.delete(table, answer, axis=1) / 255
    return torch.from_numpy(pixels), torch.from_numpy(table[:, answer].astype(np.int64))


def get_weights(net):
    return [value.numpy() for value in net.state_dict().values()]


def set_weights(net, parameters):
    pairs = zip(net.state_dict().keys(), parameters)
    net.load_state_dict(OrderedDict((name, torch.tensor(value)) for name, value in pairs), strict=True)


class FlowerClient(NumPyClient):
    def __init__(self, net, data, config):
        self.net, self.data, self.config = net, data, config

    def get_parameters(self, config):
        return get_weights(self.net)

    def fit(self, parameters, config):
        set_weights(self.net, parameters)
        x, y = self.data
        optimiser = torch.optim.SGD(self.net.parameters(), lr=float(self.config.get("lr", 0.1)))
        self.net.train()
        for _ in range(int(self.config.get("local-epochs", 1))):
            for chosen in torch.randperm(len(y)).split(32):
                optimiser.zero_grad()
                loss = torch.nn.functional.cross_entropy(self.net(x[chosen]), y[chosen])
                loss.backward()
                optimiser.step()
        return get_weights(self.net), len(y), {"loss": loss.item()}

    def evaluate(self, parameters, config):
        set_weights(self.net, parameters)
        x, y = self.data
        self.net.eval()
        with torch.no_grad():
            logits = self.net(x)
        loss = torch.nn.functional.cross_entropy(logits, y).item()
        accuracy = (logits.argmax(1) == y).float().mean().item()
        return loss, len(y), {"accuracy": accuracy}


known = {}


def client_fn(context):
    path = context.node_config.get("data-path", "")
    if not path and "partition-id" in context.node_config:
        # Flower's simulation says only which of the sites this is.
        path = str(context.run_config.get("data-path", "")).format(context.node_config["partition-id"])
    if path and path not in known:
        known[path] = load(path)
    # Without data it is only asked for the first model.
    return FlowerClient(Net(), known.get(path), context.run_config).to_client()


torch.manual_seed(1)
app = ClientApp(client_fn=client_fn)
