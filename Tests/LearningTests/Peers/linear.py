"""Ridge and ordinary least squares on standardised inputs: predictions in the answers' unit."""

import json
import sys

import numpy as np
from sklearn.linear_model import LinearRegression, Ridge

data = json.load(sys.stdin)
x = np.array(data["x"], np.float64).reshape(-1, data["width"])
y = np.array(data["y"], np.float64)
mean, scale = x.mean(0), x.std(0)
z, t = (x - mean) / scale, (y - y.mean()) / y.std()
model = Ridge(alpha=data["l2"] * len(y)) if data["l2"] else LinearRegression()
model.fit(z, t)
json.dump(
    {"weights": model.coef_.tolist(), "predictions": (model.predict(z) * y.std() + y.mean()).tolist()}, sys.stdout
)
