"""Plain gradient steps through scikit-learn's multilayer perceptron, on all rows at once, from a given start."""

import json
import sys
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error
from sklearn.neural_network import MLPClassifier, MLPRegressor

data = json.load(sys.stdin)
x = np.array(data["x"], np.float64).reshape(-1, data["width"])
y = np.array(data["y"], np.float64)
widths = [int(width) for width in data["widths"]]
z = (x - x.mean(0)) / x.std(0)
is_number = data["output"] == "identity"
t = (y - y.mean()) / y.std() if is_number else y.astype(int)

settings = {
    "hidden_layer_sizes": tuple(widths[1:-1]),
    "activation": data["activation"],
    "solver": "sgd",
    "momentum": 0,
    "nesterovs_momentum": False,
    "batch_size": len(y),
    "shuffle": False,
    # scikit-learn divides the penalty by the number of rows.
    "alpha": data["l2"] * len(y),
    "learning_rate": "constant",
    # It never stops early: no steps are counted that did not improve the loss.
    "n_iter_no_change": 1_000_000,
    "tol": 0,
    "warm_start": True,
    "random_state": 0,
}
model = (MLPRegressor if is_number else MLPClassifier)(**settings, max_iter=1, learning_rate_init=1e-12)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)
    # Makes the layers, whose values are then replaced; a warm start goes on from them.
    model.fit(z, t)
    at, start = 0, np.array(data["start"], np.float64)
    for layer, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        assert model.coefs_[layer].shape == (inputs, outputs)
        model.intercepts_[layer] = start[at : at + outputs].copy()
        at += outputs
        model.coefs_[layer] = start[at : at + inputs * outputs].reshape(outputs, inputs).T.copy()
        at += inputs * outputs
    assert at == len(start)
    model.set_params(max_iter=data["steps"], learning_rate_init=data["learningRate"])
    model.fit(z, t)
assert model.n_iter_ == data["steps"]

parameters = np.concatenate(
    [part for bias, weight in zip(model.intercepts_, model.coefs_) for part in (bias, weight.T.ravel())]
)
if is_number:
    predictions = model.predict(z) * y.std() + y.mean()
    metrics = {"loss": mean_squared_error(y, predictions)}
else:
    metrics = {"loss": log_loss(t, model.predict_proba(z)), "accuracy": accuracy_score(t, model.predict(z))}
json.dump({"parameters": parameters.tolist(), **metrics}, sys.stdout)
