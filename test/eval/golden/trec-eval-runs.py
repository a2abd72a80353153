"""Random runs and judgments of the kinds that tell implementations apart, and what trec_eval makes of them.

pytrec_eval wraps trec_eval 9.0.8, which differs from 10 in two ways that are undone here. It keeps scores as float32: it is given the dense
rank of each score among the doubles of its turn instead, which float32 holds exactly and which orders (and ties) as the doubles do; trec_eval
does nothing with scores but compare them. And it rounds recall points otherwise: iprec_at_recall and 11pt_avg are computed here, from the
definition (the best precision at any rank from the one on where round(point x R) relevant passages are found).

    python trec-eval-runs.py 24 > trec-eval-runs.json        # Python 3.11.7, pytrec-eval-terrier 0.5.11
"""
import json
import math
import random
import sys

import pytrec_eval

P = [1, 3, 5, 10]
RECALL = [1, 5, 10, 1000]
NDCG = [1, 3, 10]
MAP = [1, 5, 10]
SUCCESS = [1, 5, 10]
POINTS = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
SINGLE = ["num_ret", "num_rel", "num_rel_ret", "map", "Rprec", "bpref", "recip_rank", "ndcg", "set_recall", "num_nonrel_judged_ret"]
COUNTS = {"num_ret", "num_rel", "num_rel_ret", "num_nonrel_judged_ret"}
cut = lambda name, ks: name + "." + ",".join(map(str, ks))
MEASURES = {*SINGLE, cut("P", P), cut("recall", RECALL), cut("ndcg_cut", NDCG), cut("map_cut", MAP), cut("success", SUCCESS)}

IDS = ["a", "A", "aa", "Aa", "a ", "a0", "a00", "0", "00", "1", "10", "2", "-1", "é", "e\u0301", "ß", "ss", "日本", "日", "\uffee", "\U00010000", "\U0001f600",
       "a#b", "__proto__", "constructor", "toString", "\u00a0", "\u2028", "d-9", "d-10", "d_9", "d:9", "~", "!", "z" * 60, "z" * 61, "\u0080", "\u07ff", "\u0800"]
IDS = [i for i in IDS if not i.endswith(" ")]
PLAIN = [f"doc{i}" for i in range(40)]
SCORES = ["0", "-0", "0.0", "-0.0", "+0", "1", "1.0", "1.", "+1", "01", "1e0", "10e-1", ".5", "0.5", "5e-1", "-.5", "-1", "-2.75", "0.1", "0.10000000000000001",
          "0.1000000000000000055511151231257827", "0.10000000149011612", "0.1000000001", "0.09999999999999999", "16777216", "16777217", "16777218",
          "9007199254740992", "9007199254740993", "9007199254740994", "1e22", "1e23", "100000000000000000000000", "1e300", "1.7976931348623157e308", "-1e300", "1e-300", "5e-324",
          "-5e-324", "2.2250738585072014e-308", "1e-400", "3.4028235e38", "3.4028236e38", "1e39", "1E5", "1e+5", "123456789.123456789", "123456789.12345679",
          "0.3", "0.30000000000000004", "299792458", "-299792458", "1e15", "999999999999999", "0.000000000000000000001", "1e-21"]


def score(rng, kind):
    if kind == "ties":
        return str(rng.randint(0, 2))
    if kind == "nasty":
        return rng.choice(SCORES)
    if kind == "near":
        x = 0.7
        for _ in range(rng.randint(0, 3)):
            x = math.nextafter(x, 1)
        return repr(x)
    if kind == "group":
        return str(200 - rng.randint(1, 60))
    return rng.choice(["%.6f", "%.17g", "%e"]) % (rng.uniform(-50, 50) * 10 ** rng.randint(-12, 12))


KINDS = ["ties", "nasty", "near", "group", "any"]


def case(seed, kind=None):
    rng = random.Random(seed)
    turns = rng.sample(["q1", "q10", "q2", "Q1", "1_2", "1_10", "é_1", "\U00010000", "\uffee", "__proto__", "9", "100", "a#1"], rng.randint(1, 6))
    ids = rng.sample(IDS, rng.randint(2, len(IDS))) + rng.sample(PLAIN, rng.randint(0, 12))
    kind = kind or rng.choice(KINDS)
    grades = rng.choice([[0, 1], [0, 1, 2, 3, 4], [-2, -1, 0, 1, 3], [-1, 0], [1], [0, 0, 0, 0, 1], [0, 2, 4]])
    qrels, run = {}, {}
    for turn in turns:
        if rng.random() < 0.9:
            judged = rng.sample(ids, rng.randint(1, len(ids)))
            qrels[turn] = {i: rng.choice(grades) for i in judged}
        if rng.random() < 0.85:
            depth = 1 if rng.random() < 0.15 else rng.randint(1, len(ids))
            run[turn] = [(i, score(rng, kind)) for i in rng.sample(ids, depth)]
    if not set(qrels) & set(run):
        return case(f"{seed}'", kind)
    options = {"level": rng.choice([1, 1, 1, 2, 3]), "depth": rng.choice([None, None, 1, 3, 10]), "complete": rng.random() < 0.5}
    return {"run": run, "qrels": qrels, **options, "style": rng.choice(["tabs", "spaces", "crlf", "wide", "shuffled"]), "seed": rng.randint(0, 99)}


def judgement_lists(case):
    """Per evaluated turn: what pytrec_eval is given, and the grades in rank order."""
    for turn in sorted(case["qrels"], key=lambda t: t.encode()):
        if turn not in case["run"]:
            continue
        rows = [(float(s), i) for i, s in case["run"][turn]]
        ranks = {x: r for r, x in enumerate(sorted({x for x, _ in rows}))}
        rows.sort(key=lambda row: (row[0], row[1].encode()), reverse=True)
        rows = rows[: case["depth"]]
        yield turn, {i: float(ranks[x]) for x, i in rows}, [case["qrels"][turn].get(i) for _, i in rows]


def interpolated(found, total):
    """Precision at each recall point; `found` is a flag per rank."""
    best, count, prefix = [], sum(found), 0
    hits = [prefix := prefix + f for f in found]
    for point in POINTS:
        need = math.floor(point * total + 0.5)
        best.append(0.0 if need > count else max([h / (i + 1) for i, h in enumerate(hits) if h >= need], default=0.0))
    return best


def evaluate(case):
    """Measure -> value per turn, and over all; turns as trec_eval orders them."""
    turns, run, values = [], {}, {}
    lists = list(judgement_lists(case))
    for turn, scores, _ in lists:
        # Where every grade is below 0, trec_eval reads counts of the turn before (and may never return): all it can find is nothing.
        if max(case["qrels"][turn].values()) >= 0:
            run[turn] = scores
    result = pytrec_eval.RelevanceEvaluator(case["qrels"], MEASURES, relevance_level=case["level"]).evaluate(run)
    put = lambda name, value: values.setdefault(name, []).append(value)
    listed = {turn: grades for turn, _, grades in lists}
    turns = sorted(case["qrels"] if case["complete"] else listed, key=lambda t: t.encode())
    for turn in turns:
        total = sum(g >= case["level"] for g in case["qrels"][turn].values())
        grades = listed.get(turn)
        scored = result.get(turn, {})
        for name in [*SINGLE, *(f"P_{k}" for k in P), *(f"recall_{k}" for k in RECALL), *(f"ndcg_cut_{k}" for k in NDCG), *(f"map_cut_{k}" for k in MAP), *(f"success_{k}" for k in SUCCESS)]:
            put(name, scored[name] if turn in run else float({"num_rel": total, "num_ret": len(grades or [])}.get(name, 0)))
        points = interpolated([g is not None and g >= case["level"] for g in grades or []], total)
        for point, value in zip(POINTS, points):
            put("iprec_at_recall_%3.2f" % point, value)
        total_precision = 0.0
        for value in reversed(points):
            total_precision += value
        put("11pt_avg", total_precision / len(POINTS))
    overall = {}
    for name, column in values.items():
        total = 0.0
        for value in column:
            total += value
        overall[name] = total if name in COUNTS else total / len(column)
    if case["complete"]:  # summed over every judgement above 0, whatever the level
        overall["num_rel"] = sum(g > 0 for judged in case["qrels"].values() for g in judged.values())
    logs = 0.0
    for value in values["map"]:
        logs += math.log(max(value, 0.00001))
    overall["gm_map"] = math.exp(logs / len(turns))
    overall["num_q"] = len(turns)
    show = lambda name, x: "%d" % x if name in COUNTS or name == "num_q" else "%6.4f" % x
    return {
        "turns": turns,
        "values": {name: [show(name, x) for x in column] for name, column in values.items()},
        "all": {name: show(name, x) for name, x in overall.items()},
    }


def mixture():
    """One run with a turn of every kind: the last of the list."""
    parts = [case(f"mixture/{i}", KINDS[i % len(KINDS)]) for i in range(10)]
    name = lambda i, turn: f"{i}_{turn}"
    run = {name(i, t): rows for i, c in enumerate(parts) for t, rows in list(c["run"].items())[:2]}
    qrels = {name(i, t): judged for i, c in enumerate(parts) for t, judged in list(c["qrels"].items())[:2]}
    return {"run": run, "qrels": qrels, "level": 1, "depth": None, "complete": True, "style": "tabs", "seed": 0}


def pick(count, seed):
    cases = [case(f"{seed}/{i}") for i in range(count)] + [mixture()]
    return [{**c, "expected": evaluate(c)} for c in cases]


if __name__ == "__main__":
    cases = pick(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "runs")
    print("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False, separators=(",", ":")) for c in cases) + "\n]")
