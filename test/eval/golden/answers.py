"""Golden values of the answer metrics: SQuAD's normalisation and F1 as Python's re and str see them, ROUGE-L by a recursive LCS.
Made with Python 3.11.7:
python test/eval/golden/answers.py > test/eval/golden/answers.json"""
import collections
import functools
import json
import random
import re
import string


def normalise(text):
    text = text.lower()
    text = "".join(c for c in text if c not in set(string.punctuation))
    text = re.sub(r"\b(a|an|the)\b", " ", text, flags=re.UNICODE)
    return " ".join(text.split())


def f1(prediction, reference):
    p, r = normalise(prediction).split(), normalise(reference).split()
    if not p or not r:
        return float(p == r)
    same = sum((collections.Counter(p) & collections.Counter(r)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(p), same / len(r)
    return 2 * precision * recall / (precision + recall)


def rouge_l(prediction, reference):
    p, r = (re.sub(r"[^a-z0-9]+", " ", t.lower()).split() for t in (prediction, reference))

    @functools.cache
    def lcs(i, j):
        if i == len(p) or j == len(r):
            return 0
        return 1 + lcs(i + 1, j + 1) if p[i] == r[j] else max(lcs(i + 1, j), lcs(i, j + 1))

    common = lcs(0, 0)
    return 2 * common / (len(p) + len(r)) if common else 0.0


SPECIAL = ["The", "a", "AN", "U.S.", "e-mail", "caf\u00e9", "cafe\u0301", "\u00e9a", "a\u00e9", "th\u00e9", "na\u00efve", "\u201cquoted\u201d", "don't", "don\u2019t", "x_y", "a_b",
           "3.5%", "$1,000", "\u00a0", "\u2003", "\ufeff", "\x1c", "\x85", "\u4e1c\u4eac", "\u0130stanbul", "\u03a3\u0391\u03a3", "stra\u00dfe", "\u2014", "a\u2014b", "the\u2019s", "\u0967", "\u00bd", "a\u0301", "an."]
rng = random.Random(5)
cases = []
for _ in range(400):
    pick = lambda: rng.choice([" ", "  ", "\n"]).join(rng.choice(SPECIAL + ["cat", "dog", "sat", "on", "mat", "the"]) for _ in range(rng.randrange(0, 8)))
    prediction, reference = pick(), pick()
    if rng.random() < 0.5:
        reference = prediction + " " + reference
    cases.append([prediction, reference, f1(prediction, reference), float(normalise(prediction) == normalise(reference)), rouge_l(prediction, reference)])
print(json.dumps(cases))
