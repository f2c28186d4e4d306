#!/usr/bin/env python3
"""The samples of `index`, one JSON line each: 60 series of one to four chunks, with labels that are hard to sort or quote."""

import json

NAMES = ["lä.bel", 'quote"d', "a b"]
VALUES = ["", "x\ny", "\\", '"}', "é", "🚀", " ", "0", "\u0001", "z" * 130]

for i in range(60):
    labels = {"__name__": f"metric_{i % 4}", "instance": f"host-{i:02d}:9100"}
    if i % 2:
        labels["job"] = "node" if i % 3 else "mysql"
    if i % 5 == 0:
        labels["Env"] = "prod" if i % 10 else "dev"
    if i % 7 == 0:
        labels[NAMES[i % 3]] = VALUES[i % 10]
    if i == 30:
        labels = {"__name__": "only_a_name"}
    for k in range([1, 5, 130, 400][i % 4]):
        t = i * 7 + k * (15_000 if i % 3 else 60_000)
        print(json.dumps({"labels": labels, "t": t, "v": repr(float(k * i))}))
