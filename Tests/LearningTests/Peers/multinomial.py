"""Multinomial logistic regression on standardised inputs, and its metrics on the same rows."""

import json
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

data = json.load(sys.stdin)
x = np.array(data["x"], np.float64).reshape(-1, data["width"])
y = np.array(data["y"], np.float64).astype(int)
z = (x - x.mean(0)) / x.std(0)
model = LogisticRegression(C=1 / (data["l2"] * len(y)), tol=1e-10, max_iter=10_000).fit(z, y)
p = model.predict_proba(z)
json.dump(
    {
        "probabilities": p.ravel().tolist(),
        "accuracy": float((p.argmax(1) == y).mean()),
        "logLoss": log_loss(y, p),
        "macroAUC": roc_auc_score(y, p, multi_class="ovr", average="macro"),
    },
    sys.stdout,
)
