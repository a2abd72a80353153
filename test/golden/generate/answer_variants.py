"""Golden scores of answers: SQuAD 1.1 and 2.0, INSCIT, TopiOCQA, QuAC and MS MARCO as their own scorers define them, written a second
time from those definitions, and ROUGE by the rouge_score package. Made with spaCy 3.8.18, rouge_score 0.1.2 under Python 3.11.7:
python test/golden/generate/answer_variants.py DATA > test/eval/golden/variants.json"""
import collections
import json
import math
import pathlib
import random
import re
import string
import sys

import spacy
from rouge_score.rouge_scorer import RougeScorer

ENGLISH = spacy.blank("en")
ROUGE = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False)
NO_ANSWER = "No Answer Present."


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def normal(text):
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def overlap(prediction, reference, empty):
    p, r = normal(prediction).split(), normal(reference).split()
    if not p and not r:
        return float(empty)
    same = sum((collections.Counter(p) & collections.Counter(r)).values())
    return 2 * same / (len(p) + len(r)) if same else 0.0


def leave_one_out(scores):
    return mean(max(scores[:i] + scores[i + 1:]) for i in range(len(scores))) if len(scores) > 1 else scores[0]


def squad_v1(prediction, references):
    return max(overlap(prediction, r, 0) for r in references)


def squad_v2(prediction, references):
    """Gold answers that normalise to nothing go, unless there are no others: then the question has no answer."""
    return max(overlap(prediction, r, 1) for r in [r for r in references if normal(r)] or [""])


def squad(prediction, references):
    return max(overlap(prediction, r, 1) for r in references)


def inscit(prediction, references):
    def cut(text):
        return " ".join(token.text for token in ENGLISH(" ".join(text.lower().split())))

    return max(overlap(cut(prediction), cut(r), 1) for r in references)


def topiocqa(prediction, references):
    return leave_one_out([overlap(prediction, r, 1) for r in references])


def topiocqa_em(prediction, references):
    return leave_one_out([float(normal(prediction) == normal(r)) for r in references])


def quac(prediction, references):
    cannot = references.count("CANNOTANSWER")
    kept = ["CANNOTANSWER"] if 2 * cannot >= len(references) else [r for r in references if r != "CANNOTANSWER"]
    return leave_one_out([float(prediction == r) if r == "CANNOTANSWER" else overlap(prediction, r, 0) for r in kept])


def rouge(kind):
    return lambda prediction, references: ROUGE.score_multi(references, prediction)[kind].fmeasure


def msmarco_text(text):
    return " ".join(str(token).strip().lower() for token in ENGLISH("" if text == NO_ANSWER else text))


def lcs(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        last = 0
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], last + 1 if x == y else max(row[j], row[j - 1])
    return row[-1]


def msmarco_rouge(prediction, references):
    p, rs = msmarco_text(prediction).split(" "), [msmarco_text(r).split(" ") for r in references]
    precision, recall = max(lcs(p, r) / len(p) for r in rs), max(lcs(p, r) / len(r) for r in rs)
    return 2.44 * precision * recall / (recall + 1.44 * precision) if precision else 0.0


def bleu(pairs, order):
    """COCO's corpus BLEU, the reference length being the closest."""
    grams = lambda words, n: collections.Counter(tuple(words[i:i + n]) for i in range(len(words) - n + 1))
    length = closest = 0
    correct, guessed = [0] * order, [0] * order
    for prediction, references in pairs:
        p, rs = msmarco_text(prediction).split(), [msmarco_text(r).split() for r in references]
        length += len(p)
        closest += min((abs(len(r) - len(p)), len(r)) for r in rs)[1]
        for n in range(1, order + 1):
            most = collections.Counter()
            for r in rs:
                most |= grams(r, n)
            guessed[n - 1] += max(0, len(p) - n + 1)
            correct[n - 1] += sum((grams(p, n) & most).values())
    score = math.prod((c + 1e-15) / (g + 1e-9) for c, g in zip(correct, guessed)) ** (1 / order)
    ratio = (length + 1e-15) / (closest + 1e-9)
    return score * math.exp(1 - 1 / ratio) if ratio < 1 else score


SCORES = {
    "squad_v1": squad_v1, "squad_v2": squad_v2, "squad": squad, "inscit": inscit, "topiocqa": topiocqa, "topiocqa_em": topiocqa_em, "quac": quac,
    "rouge1": rouge("rouge1"), "rouge2": rouge("rouge2"), "rougeL": rouge("rougeL"), "msmarco_rouge": msmarco_rouge,
}


def scored(pairs):
    return {name: [score(p, r) for p, r in pairs] for name, score in SCORES.items()} | {"bleu": [bleu(pairs, n) for n in (1, 2, 3, 4)]}


def made_up(rng, texts):
    words = "the a an The cat don't can't U.S. e-mail 5km 10% $3 p.m. caf\u00e9 \u201cquoted\u201d \u2014 it's Don\u2019t CANNOTANSWER UNANSWERABLE (see) http://a.b.com/c :) \u6771\u4eac \u0130x \u03a3\u03a3 one-two 3.5, \u00a0 . !".split(" ")
    some = lambda: rng.choice([" ", " ", "  ", "\n"]).join(rng.choice(words) for _ in range(rng.randrange(0, 9)))
    out = []
    for _ in range(260):
        text = rng.choice(texts)
        part = lambda: some().join([" ", *(w + " " for w in text.split() if rng.random() < 0.6), " "]) if rng.random() < 0.2 else " ".join(w for w in text.split() if rng.random() < 0.7) + some()
        prediction = rng.choice([text, part(), part(), part(), some(), some(), "", "CANNOTANSWER", "the", NO_ANSWER])
        references = [rng.choice([text, part(), part(), part(), some(), "CANNOTANSWER", "CANNOTANSWER", "", "a", prediction]) for _ in range(rng.choice([1, 1, 2, 3, 4]))]
        # Such a turn MS MARCO does not score.
        out.append((prediction, [r for r in references if r != NO_ANSWER] or ["a b"]))
    return out


def samples(root):
    rows = json.loads((root / "datasets/topiocqa/sample/final_dev.json").read_text())
    return sorted({text for row in rows for text in (row["Answer"], row["Rationale"], row["Question"]) if text})


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def real(data):
    marco = data / "vectors/msmarco_qa"
    candidates = {row["query_id"]: row["answers"] for row in lines(marco / "dev_first_sentence_as_candidates.json")}
    answered = [row for row in lines(marco / "dev_as_references.json") if row["answers"] and NO_ANSWER not in row["answers"]]
    inscit_dev = json.loads((data / "inscit/dev.json").read_text())
    turns = {(name, i + 1): [label["response"] for label in turn["labels"]] for name, one in inscit_dev.items() for i, turn in enumerate(one["turns"])}
    canard = json.loads((data / "canard/dev.json").read_text())
    yield "msmarco", [(candidates[row["query_id"]][0], row["answers"]) for row in answered]
    yield "inscit", [(labels[0], labels[1:]) for labels in turns.values() if len(labels) > 1]
    yield "canard", [(row["Question"], [row["Rewrite"]]) for row in canard]
    for name in ("fid", "dialki_fid", "human"):
        rows = json.loads((data / f"inscit/eval_sample/{name}.json").read_text())
        yield f"inscit/{name}", [(row["output"]["response"], turns[row["conv_id"], row["turn_id"]]) for row in rows]


if __name__ == "__main__":
    pairs = made_up(random.Random(11), samples(pathlib.Path(__file__).parents[3]))
    means = {name: {key: values if key == "bleu" else mean(values) for key, values in scored(found).items()} | {"n": len(found)} for name, found in real(pathlib.Path(sys.argv[1]))}
    print(json.dumps({"spacy": spacy.__version__, "pairs": pairs, "scores": scored(pairs), "real": means}, separators=(",", ":")))
