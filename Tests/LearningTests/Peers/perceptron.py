"""Steps of gradient descent through a network, written out by hand in double precision."""

import json
import sys

import numpy as np

data = json.load(sys.stdin)
x = np.array(data["x"], np.float64).reshape(-1, data["width"])
y = np.array(data["y"], np.float64)
widths = data["widths"]
start = np.array(data["start"], np.float64)
anchor = np.array(data["anchor"], np.float64)
drift = np.array(data["drift"], np.float64)


def layers(flat):
    """Biases before weights, a layer after the other."""
    at, out = 0, []
    for inputs, outputs in zip(widths, widths[1:]):
        bias, at = slice(at, at + outputs), at + outputs
        weight, at = slice(at, at + inputs * outputs), at + inputs * outputs
        out.append((bias, weight, (outputs, inputs)))
    return out


def gradient(flat):
    activations, slots = [x], layers(flat)
    for number, (bias, weight, shape) in enumerate(slots):
        z = activations[-1] @ flat[weight].reshape(shape).T + flat[bias]
        if number < len(slots) - 1:
            z = np.maximum(z, 0) if data["activation"] == "relu" else np.tanh(z)
        activations.append(z)
    z = activations.pop()
    if data["output"] == "softmax":
        p = np.exp(z - z.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        p[np.arange(len(y)), y.astype(int)] -= 1
        delta = p / len(y)
    elif data["output"] == "logistic":
        delta = (1 / (1 + np.exp(-z)) - y[:, None]) / len(y)
    else:
        delta = (z - y[:, None]) / len(y)
    out = np.zeros_like(flat)
    for (bias, weight, shape), before in zip(reversed(slots), reversed(activations)):
        out[bias] = delta.sum(0)
        out[weight] = (delta.T @ before).ravel() + data["l2"] * flat[weight]
        back = delta @ flat[weight].reshape(shape)
        delta = back * (before > 0) if data["activation"] == "relu" else back * (1 - before**2)
    return out


flat, velocity = start.copy(), np.zeros_like(start)
first = gradient(start)
for _ in range(data["steps"]):
    velocity = data["momentum"] * velocity + gradient(flat) + data["mu"] * (flat - anchor) + drift
    flat = flat - data["learningRate"] * velocity
json.dump({"gradient": first.tolist(), "parameters": flat.tolist()}, sys.stdout)
