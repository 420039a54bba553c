"""Why the example of adapters keeps A as it is: only then is averaging exact."""

import csv
import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
from support import EXAMPLES, FolderTestCase

from jointlab import test as local

BUNDLE = EXAMPLES / "lora-transformer"
SMALL = {"vocabulary": 50, "width": 16, "heads": 2, "layers": 2, "rank": 4}


class AdapterTests(FolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        sys.path.insert(0, str(BUNDLE))
        self.addCleanup(sys.path.remove, str(BUNDLE))
        self.transformer = importlib.import_module("transformer")
        self.addCleanup(sys.modules.pop, "transformer", None)

    def test_with_a_frozen_the_mean_of_the_products_is_the_product_of_the_means(self) -> None:
        site_models, joint = self.train(trainA=False)
        base = self.transformer.make(self.transformer.Architecture(**SMALL))
        for place, a in base.a.items():
            products = [a.astype(float) @ model[f"{place}.B"] for model in site_models]
            mean = np.mean(products, axis=0)
            np.testing.assert_allclose(mean, a @ joint[f"{place}.B"], rtol=0, atol=1e-6)
            self.assertGreater(np.abs(products[0] - products[1]).max(), 1e-3)

    def test_with_both_trained_it_is_not(self) -> None:
        site_models, joint = self.train(trainA=True)
        differences = []
        for place in (name[:-2] for name in joint if name.endswith(".B")):
            products = [model[f"{place}.A"].astype(float) @ model[f"{place}.B"] for model in site_models]
            mean = np.mean(products, axis=0)
            product = joint[f"{place}.A"].astype(float) @ joint[f"{place}.B"]
            differences.append(np.abs(mean - product).max() / np.abs(mean).max())
        self.assertGreater(max(differences), 1e-3)

    def test_the_slopes_are_those_of_the_loss(self) -> None:
        transformer, draw = self.transformer, np.random.default_rng(1)
        frozen = transformer.make(transformer.Architecture(**SMALL))
        exact = frozen._replace(
            embedding=frozen.embedding.astype(float),
            layers=[{name: m.astype(float) for name, m in layer.items()} for layer in frozen.layers],
        )
        weights = {"head.weight": draw.standard_normal((16, 1)), "head.bias": draw.standard_normal(1)}
        for place, a in frozen.a.items():
            weights[f"{place}.A"] = a.astype(float)
            weights[f"{place}.B"] = draw.standard_normal((4, 16)) / 4
        tokens, y = draw.integers(0, 50, (5, 7)), np.array([0.0, 1, 1, 0, 1])

        def loss() -> float:
            p = transformer.probabilities(exact, weights, tokens)
            return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))

        slopes = transformer.slopes(exact, weights, tokens, y)
        self.assertEqual(set(slopes), set(weights))
        for name, array in weights.items():
            place = tuple(draw.integers(size) for size in array.shape)
            step = 1e-6
            array[place] += step
            above = loss()
            array[place] -= 2 * step
            below = loss()
            array[place] += step
            self.assertAlmostEqual(slopes[name][place], (above - below) / (2 * step), places=7, msg=name)

    def train(self, trainA: bool) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """A second round at two sites: the model of each, and what became of both."""
        config = {**SMALL, "trainA": trainA, "epochs": 3, "learningRate": 0.2}
        tables = [self.sentences(seed) for seed in (1, 2)]
        base, _ = local.run(BUNDLE, tables, rounds=1, config=config)
        alone = [
            # The seed is the one that this site has in a run of both.
            local.run(BUNDLE, [table], sites=1, rounds=1, seed=1 + site, config=config, base=base)[0]
            for site, table in enumerate(tables)
        ]
        joint, _ = local.run(BUNDLE, tables, rounds=1, config=config, base=base)
        return alone, joint

    def sentences(self, seed: int) -> Path:
        draw = np.random.default_rng(seed)
        tokens = draw.integers(1, 50, (60, 6))
        path = self.folder / f"sentences-{seed}.csv"
        with open(path, "w", newline="") as file:
            rows = [[*sentence, int(min(sentence) < 8)] for sentence in tokens.tolist()]
            csv.writer(file).writerows([[*(f"t{i}" for i in range(6)), "y"], *rows])
        return path
