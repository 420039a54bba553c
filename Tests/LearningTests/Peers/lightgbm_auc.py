"""LightGBM trained on all tables but the last, and the area under the curve on the last."""

import csv
import json
import sys
import warnings

import lightgbm
import numpy as np
from sklearn.metrics import roc_auc_score

warnings.simplefilter("ignore")
data = json.load(sys.stdin)


def table(file):
    with open(file, newline="") as lines:
        rows = list(csv.DictReader(lines))
    x = np.array([[float(row[name]) for name in data["columns"]] for row in rows])
    return x, np.array([float(row[data["label"]]) for row in rows])


*training, (test_x, test_y) = [table(file) for file in data["files"]]
model = lightgbm.LGBMClassifier(
    n_estimators=data["trees"],
    max_depth=data["depth"],
    num_leaves=2 ** data["depth"],
    learning_rate=data["learningRate"],
    reg_lambda=data["lambda"],
    max_bin=data["bins"],
    min_child_samples=data["childRowsMin"],
    verbose=-1,
    n_jobs=1,
).fit(np.concatenate([x for x, _ in training]), np.concatenate([y for _, y in training]))
json.dump({"auc": roc_auc_score(test_y, model.predict_proba(test_x)[:, 1])}, sys.stdout)
