"""NumPy's description of each numeric column, missing values left out."""

import json
import sys

import numpy as np

data = json.load(sys.stdin)
x = np.array([np.nan if v is None else v for v in data["x"]], np.float64).reshape(-1, data["width"])
features = []
for column in range(data["numeric"]):
    values = x[:, column]
    present = values[~np.isnan(values)]
    counts, edges = np.histogram(present, bins=data["bins"])
    features.append(
        {
            "count": len(present),
            "missing": int(np.isnan(values).sum()),
            "mean": present.mean(),
            "variance": present.var(),
            "minimum": present.min(),
            "maximum": present.max(),
            "edges": edges.tolist(),
            "counts": counts.tolist(),
            "quantiles": np.quantile(present, data["shares"]).tolist(),
        }
    )
json.dump({"features": features, "sums": np.nansum(x[:, data["numeric"] :], axis=0).tolist()}, sys.stdout)
