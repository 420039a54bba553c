import unittest

import numpy as np
from support import EXAMPLES, FolderTestCase

from jointlab import test as local

TRAINER = """
import numpy as np
import jointlab

class T(jointlab.Trainer):
    def initial(self, job):
        return {"w": np.zeros(2, np.float32)}

    def fit(self, weights, data, job):
        return RESULT
"""


class LocalRunTests(FolderTestCase):
    def test_the_average_is_weighted_by_the_examples(self) -> None:
        source = TRAINER.replace("RESULT", "jointlab.Fitted({'w': weights['w'] + len(data)}, len(data))")
        small, large = self.table(rows=10, seed=1), self.table(rows=30, seed=2)
        weights, history = local.run(self.bundle(source), [small, large], rounds=1)
        np.testing.assert_allclose(weights["w"], (10 * 10 + 30 * 30) / 40)
        self.assertEqual(history, [{}])

    def test_a_holdout_judges_in_place_of_what_the_sites_trained_on(self) -> None:
        source = TRAINER.replace("RESULT", "jointlab.Fitted(dict(weights), len(data))") + (
            "\n    def evaluate(self, weights, data, job):"
            "\n        return jointlab.Evaluated(len(data), {'rows': len(data)})\n"
        )
        tables, holdout = [self.table(rows=10, seed=1), self.table(rows=30, seed=2)], self.table(7, seed=3)
        for judge, rows in ((None, (10 * 10 + 30 * 30) / 40), (holdout, 7)):
            bundle = self.bundle(source, name=f"with-{judge is not None}")
            _, history = local.run(bundle, tables, rounds=1, holdout=judge)
            self.assertEqual(history, [{"rows": rows}])

    def test_what_a_node_would_refuse_is_refused(self) -> None:
        for number, (result, problem) in enumerate(
            [
                ("None", "should return a jointlab.Fitted, and returned NoneType"),
                ("jointlab.Fitted({'v': weights['w']}, 1)", "returned the tensors"),
                ("jointlab.Fitted({'w': np.zeros(3, np.float32)}, 1)", "has the shape"),
                ("jointlab.Fitted({'w': np.zeros(2)}, 1)", "of float64"),
                ("jointlab.Fitted({'w': weights['w'] * np.nan}, 1)", "diverged"),
                ("jointlab.Fitted(weights, -1)", "negative"),
                ("jointlab.Fitted(weights, 1, {'loss': float('inf')})", "no finite number"),
                ("jointlab.Fitted(weights, 0)", "no site has any examples"),
            ]
        ):
            bundle = self.bundle(TRAINER.replace("RESULT", result), name=f"b{number}")
            with self.assertRaisesRegex(local.WrongResult, problem):
                local.run(bundle, [self.table()], rounds=1)

    def test_the_weights_that_fit_is_given_cannot_be_written(self) -> None:
        source = TRAINER.replace("return RESULT", "weights['w'][0] = 1")
        with self.assertRaisesRegex(ValueError, "read-only"):
            local.run(self.bundle(source), [self.table()], rounds=1)

    def test_the_credit_example_learns_and_is_the_same_each_time(self) -> None:
        config = {"features": ["x0", "x1", "x2", "x3"], "epochs": 5}
        runs = [
            local.run(EXAMPLES / "credit-numpy", [self.table(600)], sites=3, rounds=4, config=config)
            for _ in range(2)
        ]
        for name, array in runs[0][0].items():
            np.testing.assert_array_equal(array, runs[1][0][name])
        self.assertGreater(runs[0][1][-1]["auc"], 0.9)
        self.assertLess(runs[0][1][-1]["loss"], runs[0][1][0]["loss"])

    def test_a_missing_key_of_the_manifest_is_named(self) -> None:
        bundle = self.bundle("", manifest='name = "x"\n[inputs]\n')
        with self.assertRaisesRegex(ValueError, "lacks program"):
            local.run(bundle, [self.table()])


if __name__ == "__main__":
    unittest.main()
