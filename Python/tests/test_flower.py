import importlib.util
import unittest

import numpy as np
from support import EXAMPLES, FolderTestCase, maker, shared

from jointlab import test as local
from jointlab.flower import NumPyClientTrainer, like, named
from jointlab.trainer import Job

HAS_FLOWER = importlib.util.find_spec("flwr") is not None
HAS_TORCH = importlib.util.find_spec("torch") is not None

MANIFEST = """
name = "app"
version = "1"
[program]
entry = "trainer:app"
kind = "client-app"
python = "3.11"
[inputs]
label = "y"
"""

# As Flower's quickstart for PyTorch has it, but for the model and where the data comes from.
TORCH_APP = """
import csv
import torch
from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Linear(8, 2))

    def forward(self, x):
        return self.layers(x)

def load(context):
    with open(context.node_config["data-path"], newline="") as file:
        rows = list(csv.DictReader(file))
    x = torch.tensor([[float(row[f"x{i}"]) for i in range(4)] for row in rows])
    return x, torch.tensor([int(row["y"]) for row in rows])

app = ClientApp()

@app.train()
def train(msg: Message, context: Context):
    model = Net()
    model.load_state_dict(msg.content["arrays"].to_torch_state_dict())
    x, y = load(context)
    context.state["calls"] = MetricRecord({"n": context.state["calls"]["n"] + 1 if "calls" in context.state else 1})
    optimiser = torch.optim.SGD(model.parameters(), lr=msg.content["config"]["lr"])
    for _ in range(20):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimiser.step()
    metrics = {"train_loss": loss.item(), "num-examples": len(y), "calls": context.state["calls"]["n"]}
    content = RecordDict({"arrays": ArrayRecord(model.state_dict()), "metrics": MetricRecord(metrics)})
    return Message(content=content, reply_to=msg)

@app.evaluate()
def evaluate(msg: Message, context: Context):
    model = Net()
    model.load_state_dict(msg.content["arrays"].to_torch_state_dict())
    model.eval()
    x, y = load(context)
    with torch.no_grad():
        accuracy = (model(x).argmax(1) == y).float().mean().item()
    metrics = MetricRecord({"accuracy": accuracy, "num-examples": len(y)})
    return Message(content=RecordDict({"metrics": metrics}), reply_to=msg)
"""

LEGACY_APP = """
import numpy as np
from flwr.client import NumPyClient
from flwr.clientapp import ClientApp

class Client(NumPyClient):
    def get_parameters(self, config):
        return [np.zeros(2, np.float32), np.zeros((), np.int64)]

    def fit(self, parameters, config):
        return [parameters[0] + config["step"], parameters[1] + 1], 10, {"loss": 0.5}

    def evaluate(self, parameters, config):
        return float(parameters[0].sum()), 10, {"accuracy": 0.25}

app = ClientApp(client_fn=lambda context: Client().to_client())
"""


class NumPyClientTests(FolderTestCase):
    def test_the_example_learns_and_flower_is_not_imported(self) -> None:
        config = {"features": 4}
        weights, history = local.run(
            EXAMPLES / "flower-numpy-client", [self.table()], rounds=5, config=config
        )
        self.assertEqual(sorted(weights), ["0000", "0001"])
        self.assertGreater(history[-1]["accuracy"], 0.9)
        self.assertLess(history[-1]["loss"], history[0]["loss"])

    def test_a_class_without_arguments_is_a_client_too(self) -> None:
        class Client:
            def get_parameters(self, config):
                return [np.array([1, 2])]

        self.assertEqual(NumPyClientTrainer(Client).initial(Job({}, 1))["0000"].dtype, np.float64)

    def test_a_result_comes_back_in_the_types_of_the_model(self) -> None:
        base = named([np.zeros(2, np.float32), np.array(3)])
        back = like(base, [np.zeros(2), np.array(4)])
        self.assertEqual([back[name].dtype for name in sorted(back)], [np.float32, np.float64])


@unittest.skipUnless(HAS_FLOWER, "flwr is not installed")
class ClientAppTests(FolderTestCase):
    def test_an_app_with_a_client_fn_runs_as_it_is(self) -> None:
        bundle = self.bundle(LEGACY_APP, MANIFEST)
        weights, history = local.run(bundle, [self.table()], rounds=3, config={"step": 2.0})
        self.assertEqual(weights["0000"].tolist(), [6, 6])
        self.assertEqual(weights["0001"].tolist(), 3)
        self.assertEqual(history[-1], {"accuracy": 0.25, "loss": 12})

    @unittest.skipUnless(HAS_TORCH, "PyTorch is not installed")
    def test_the_quickstart_for_pytorch_runs_as_it_is(self) -> None:
        import torch

        torch.manual_seed(1)
        model = torch.nn.Sequential(
            torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Linear(8, 2)
        )
        base = {f"layers.{name}": array.numpy() for name, array in model.state_dict().items()}
        base = {
            name: array if array.dtype.kind == "f" else array.astype(np.float64)
            for name, array in base.items()
        }
        lines: list[str] = []
        weights, history = local.run(
            self.bundle(TORCH_APP, MANIFEST), [self.table(400)], rounds=3, config={"lr": 0.1}, base=base,
            show=lines.append,
        )  # fmt: skip
        self.assertEqual(set(weights), set(base))
        self.assertGreater(history[-1]["accuracy"], 0.9)
        # What it keeps in its context stays from one round to the next.
        self.assertIn("calls 3.0000", next(line for line in lines if line.startswith("round 3, site 0")))

    @unittest.skipUnless(HAS_TORCH, "PyTorch is not installed")
    def test_a_perceptron_in_pytorch_learns_mnist_as_flower_would_have_it(self) -> None:
        sites, holdout = maker("digits").make(shared("mnist"), self.folder, form="table")
        _, history = local.run(
            EXAMPLES / "flower-torch-mnist", sites, rounds=8, holdout=holdout,
            config={"local-epochs": 2, "lr": 0.1},
        )  # fmt: skip
        self.assertGreater(history[-1]["accuracy"], 0.8)
        self.assertLess(history[-1]["loss"], history[0]["loss"])


if __name__ == "__main__":
    unittest.main()
