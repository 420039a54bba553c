"""A small transformer with adapters at its queries and values, and the slopes of its loss, in numpy."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Architecture(NamedTuple):
    """What the frozen transformer is made from."""

    vocabulary: int = 2048
    width: int = 128
    heads: int = 4
    layers: int = 1
    rank: int = 16
    baseSeed: int = 7


class Base(NamedTuple):
    """All that is frozen: embeddings, the layers' matrices, and the A of each adapter."""

    settings: Architecture
    embedding: Array
    layers: list[dict[str, Array]]
    a: dict[str, Array]


def make(settings: Architecture) -> Base:
    """Draw a transformer; the same settings give the same one everywhere."""
    draw = np.random.default_rng(settings.baseSeed)
    width = settings.width

    def matrix(rows: int, columns: int) -> Array:
        drawn = draw.standard_normal((rows, columns)) / np.sqrt(rows)
        return np.asarray(drawn, np.float32)

    embedding = draw.standard_normal((settings.vocabulary, width)).astype(np.float32)
    # The number 0 says that the sentence is over.
    embedding[0] = 0
    shapes = {"q": (1, 1), "k": (1, 1), "v": (1, 1), "o": (1, 1), "up": (1, 2), "down": (2, 1)}
    layers = [
        {name: matrix(rows * width, columns * width) for name, (rows, columns) in shapes.items()}
        for _ in range(settings.layers)
    ]
    a = {
        f"layers.{layer}.{name}": matrix(width, settings.rank)
        for layer in range(settings.layers)
        for name in ("q", "v")
    }
    return Base(settings, embedding, layers, a)


def probabilities(base: Base, w: dict[str, Array], tokens: Array) -> Array:
    """That each sentence's label is 1."""
    return _forward(base, w, tokens)[0]


def slopes(base: Base, w: dict[str, Array], tokens: Array, y: Array) -> dict[str, Array]:
    """The slope of the mean loss by each of the weights."""
    p, pooled, memory = _forward(base, w, tokens)
    error = ((p - y) / len(y))[:, None]
    result = {"head.weight": pooled.T @ error, "head.bias": error.sum(axis=0)}
    there = _there(tokens)
    back = (error @ w["head.weight"].T)[:, None, :] * there / there.sum(axis=1, keepdims=True)
    for layer in reversed(range(base.settings.layers)):
        back = _layer_back(base, w, layer, memory[layer], back, result)
    return result


def _there(tokens: Array) -> Array:
    there = (tokens > 0).astype(np.float32)
    # A sentence without words still has one place, which is empty.
    there[:, 0] = 1
    return there[:, :, None]


def _forward(base: Base, w: dict[str, Array], tokens: Array) -> tuple[Array, Array, list[dict[str, Array]]]:
    there = _there(tokens)
    x = base.embedding[tokens]
    memory: list[dict[str, Array]] = []
    for layer, frozen in enumerate(base.layers):
        kept: dict[str, Array] = {}
        normal, kept["scale"] = _normal(x)
        kept["normal"] = normal
        for name in ("q", "k", "v"):
            kept[name] = _heads(_times(normal, _matrix(base, w, layer, name)), base.settings.heads)
        scores = kept["q"] @ kept["k"].swapaxes(2, 3) / kept["q"].shape[-1] ** 0.5
        scores = np.where(there[:, None, None, :, 0] > 0, scores, -1e9)
        powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
        kept["attention"] = powers / powers.sum(axis=-1, keepdims=True)
        x = x + _times(_joined(kept["attention"] @ kept["v"]), frozen["o"])
        kept["normal2"], kept["scale2"] = _normal(x)
        kept["up"] = np.maximum(_times(kept["normal2"], frozen["up"]), 0)
        x = x + _times(kept["up"], frozen["down"])
        memory.append(kept)
    pooled = (x * there).sum(axis=1) / there.sum(axis=1)
    logits = (pooled @ w["head.weight"])[:, 0] + w["head.bias"]
    return 1 / (1 + np.exp(-np.clip(logits, -30, 30))), pooled, memory


def _layer_back(
    base: Base, w: dict[str, Array], layer: int, kept: dict[str, Array], back: Array, result: dict[str, Array]
) -> Array:
    """From the slope by what the layer gives to that by what it is given; notes the adapters'."""
    frozen = base.layers[layer]
    inner = _times(_times(back, frozen["down"].T) * (kept["up"] > 0), frozen["up"].T)
    back = back + _normal_back(inner, kept["normal2"], kept["scale2"])
    mixed = _heads(_times(back, frozen["o"].T), base.settings.heads)
    weights = kept["attention"]
    to: dict[str, Array] = {"v": weights.swapaxes(2, 3) @ mixed}
    slope = mixed @ kept["v"].swapaxes(2, 3)
    slope = weights * (slope - (slope * weights).sum(axis=-1, keepdims=True)) / kept["q"].shape[-1] ** 0.5
    to["q"] = slope @ kept["k"]
    to["k"] = slope.swapaxes(2, 3) @ kept["q"]
    normal = np.zeros_like(back)
    rows = kept["normal"].reshape(-1, back.shape[-1])
    for name, by_heads in to.items():
        by = _joined(by_heads)
        normal += _times(by, _matrix(base, w, layer, name).T)
        place = f"layers.{layer}.{name}"
        if place in base.a:
            flat = by.reshape(-1, by.shape[-1])
            result[f"{place}.B"] = (rows @ _a(base, w, place)).T @ flat
            if f"{place}.A" in w:
                result[f"{place}.A"] = rows.T @ (flat @ w[f"{place}.B"].T)
    return back + _normal_back(normal, kept["normal"], kept["scale"])


def _matrix(base: Base, w: dict[str, Array], layer: int, name: str) -> Array:
    place = f"layers.{layer}.{name}"
    frozen = base.layers[layer][name]
    return frozen + _a(base, w, place) @ w[f"{place}.B"] if place in base.a else frozen


def _a(base: Base, w: dict[str, Array], place: str) -> Array:
    return w.get(f"{place}.A", base.a[place])


def _times(x: Array, matrix: Array) -> Array:
    """One product of two matrices, which is quicker than one for each sentence."""
    return (x.reshape(-1, x.shape[-1]) @ matrix).reshape(*x.shape[:-1], -1)


def _heads(x: Array, heads: int) -> Array:
    return x.reshape(*x.shape[:2], heads, -1).swapaxes(1, 2)


def _joined(x: Array) -> Array:
    joined = x.swapaxes(1, 2)
    return joined.reshape(*joined.shape[:2], -1)


def _normal(x: Array) -> tuple[Array, Array]:
    centred = x - x.mean(axis=-1, keepdims=True)
    scale = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    return centred / scale, scale


def _normal_back(slope: Array, normal: Array, scale: Array) -> Array:
    centred = slope - slope.mean(axis=-1, keepdims=True)
    back: Array = (centred - normal * (slope * normal).mean(axis=-1, keepdims=True)) / scale
    return back
