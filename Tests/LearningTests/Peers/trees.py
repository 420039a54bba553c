"""Histogram gradient boosting grown level by level, as scikit-learn does it where leaves are not limited."""

import json
import sys

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import roc_auc_score

data = json.load(sys.stdin)
x = np.array([np.nan if v is None else v for v in data["x"]], np.float64).reshape(-1, data["width"])
y = np.array(data["y"], np.float64)
settings = {
    "learning_rate": data["learningRate"],
    "max_iter": data["trees"],
    "max_leaf_nodes": None,
    "max_depth": data["depth"],
    "min_samples_leaf": data["childRowsMin"],
    "l2_regularization": data["lambda"],
    "max_bins": 255,
    "early_stopping": False,
}
if data["kind"] == "number":
    model = HistGradientBoostingRegressor(**settings).fit(x, y)
    result = {"predictions": model.predict(x).tolist()}
else:
    model = HistGradientBoostingClassifier(**settings).fit(x, y)
    p = model.predict_proba(x)
    result = {"predictions": (p[:, 1] if data["kind"] == "label" else p.ravel()).tolist()}
    if data["kind"] == "label":
        result["auc"] = roc_auc_score(y, p[:, 1])
json.dump(result, sys.stdout)
