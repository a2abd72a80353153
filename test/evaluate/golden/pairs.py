"""Golden letters and p values of all pairs of systems. Made with numpy 2.4.6, scipy 1.17.1, statsmodels 0.15.0:
python test/evaluate/golden/pairs.py > test/evaluate/golden/pairs.json"""
import itertools
import json
import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(22)
NAMES = ["one", "two", "three", "four", "five"]
TURNS = 12  # 4096 sign patterns: all of them can be tried
# The second metric is an error: lower is better.
quality = {"gain": [0.35, 0.3, 0.5, 0.35, 0.6], "loss": [0.5, 0.3, 0.5, 0.7, 0.65]}
scores = {}
for metric, means in quality.items():
    turns = rng.normal(scale=0.15, size=TURNS)
    scores[metric] = {name: np.clip(np.round(mean + turns + rng.normal(scale=0.12, size=TURNS), 2), 0, 1.5).tolist()
                      for name, mean in zip(NAMES, means)}
scores["gain"]["four"] = scores["gain"]["one"]  # two systems that never differ

pairs = [(metric, b, a) for metric in scores for a, b in itertools.combinations(NAMES, 2)]
def p_values(test):
    out = []
    for metric, b, a in pairs:
        x, y = np.array(scores[metric][b]), np.array(scores[metric][a])
        if test == "t-test":
            p = stats.ttest_rel(x, y).pvalue
            out.append(1.0 if np.isnan(p) else float(p))
        else:
            out.append(float(stats.permutation_test((x, y), lambda u, v: np.mean(u - v), permutation_type="samples",
                                                    n_resamples=np.inf).pvalue))
    return np.array(out)

def letters(corrected):
    marks = {f"{metric}/{name}": "" for metric in scores for name in NAMES}
    for (metric, b, a), p in sorted(zip(pairs, corrected), key=lambda one: NAMES.index(one[0][1])):
        if p >= 0.05:
            continue
        up = np.mean(scores[metric][b]) > np.mean(scores[metric][a])
        better, worse = (b, a) if up == (metric == "gain") else (a, b)
        marks[f"{metric}/{better}"] += "abcde"[NAMES.index(worse)]
    return {key: "".join(sorted(value)) for key, value in marks.items()}

cases = []
for test in ["randomisation", "t-test"]:
    ps = p_values(test)
    for over in ["metric", "table"]:
        families = [range(len(pairs))] if over == "table" else [[i for i, one in enumerate(pairs) if one[0] == metric] for metric in scores]
        corrected = np.empty(len(pairs))
        for family in families:
            corrected[list(family)] = multipletests(ps[list(family)], method="holm")[1]
        cases.append({"test": test, "holm_over": over, "p": ps.tolist(), "holm": corrected.tolist(), "letters": letters(corrected)})
print(json.dumps({"names": NAMES, "scores": scores, "pairs": pairs, "cases": cases}))
