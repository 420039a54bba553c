"""Lloyd's k-means of scikit-learn on standardised inputs, from given centres."""

import json
import sys

import numpy as np
from sklearn.cluster import KMeans

data = json.load(sys.stdin)
x = np.array(data["x"], np.float64).reshape(-1, data["width"])
z = x.copy()
numeric = data["numeric"]
z[:, :numeric] = (x[:, :numeric] - x[:, :numeric].mean(0)) / x[:, :numeric].std(0)
start = np.array(data["start"], np.float64).reshape(-1, data["width"])
model = KMeans(len(start), init=start, n_init=1, max_iter=300, tol=0, algorithm="lloyd").fit(z)
own = KMeans(len(start), n_init=10, random_state=0).fit(z)
json.dump(
    {"centres": model.cluster_centers_.ravel().tolist(), "inertia": model.inertia_, "best": own.inertia_}, sys.stdout
)
