"""Golden values of the paired tests. Made with numpy 2.4.6, scipy 1.17.1:
python test/evaluate/golden/significance.py > test/evaluate/golden/significance.json"""
import json
import numpy as np
from scipy import special, stats

rng = np.random.default_rng(7)
cases = []
for n, shift, kind in [(2, 0.3, "normal"), (5, 0.1, "normal"), (9, 0.0, "normal"), (12, 0.2, "thirds"), (16, 0.4, "thirds"),
                       (200, 0.05, "normal"), (30, 5.0, "normal")]:
    a = rng.normal(size=n)
    b = rng.normal(size=n) - shift
    if kind == "thirds":  # many ties and zeros, as metrics have
        a, b = np.round(a * 3) / 3, np.round(b * 3) / 3
    test = stats.ttest_rel(a, b)
    case = {"a": a.tolist(), "b": b.tolist(), "t": float(test.statistic), "p": float(test.pvalue)}
    if n <= 16:
        exact = stats.permutation_test((a, b), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=np.inf)
        case["exact"] = float(exact.pvalue)
    if n == 200:
        low, high = stats.bootstrap((a,), np.mean, method="percentile", n_resamples=100_000, rng=1).confidence_interval
        case["bootstrap"] = [float(low), float(high)]
    cases.append(case)

tails = [{"t": t, "df": df, "p": float(2 * stats.t.sf(t, df))} for t in (0.0, 1e-3, 0.5, 1.96, 4.0, 12.0, 40.0) for df in (1, 2, 7, 157, 2513, 100000)]
gammas = [{"x": x, "value": float(special.gammaln(x))} for x in (0.01, 0.5, 1.0, 1.5, 2.0, 7.3, 12.0, 157.5, 1e6)]
print(json.dumps({"cases": cases, "tails": tails, "gammas": gammas}))
