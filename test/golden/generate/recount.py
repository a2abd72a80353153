"""Recounts the published files with nothing but json, csv and gzip, from their descriptions and not from the readers.

    python recount.py DATA > ../recount.json            # digests and counts of every case
    python recount.py DATA --compare CASE PREPARED      # every record of a prepared folder that differs

DATA is the folder tests know as $UNICONV_TEST_DATA. A digest is the SHA-256 of one compact JSON line per record, in the file's order.
"""

import csv, gzip, hashlib, io, json, sys, zipfile
from pathlib import Path


def text(path):
    raw = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    return raw.decode("utf-8")


def line(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def digest(lines):
    h = hashlib.sha256()
    for l in lines:
        h.update(l.encode("utf-8") + b"\n")
    return h.hexdigest()


def pairs(flat):
    assert len(flat) % 2 == 0
    return [[flat[i], flat[i + 1]] for i in range(0, len(flat), 2)]


def turn(conversation, number, history, question, responses, tags):
    return {"id": f"{conversation}_{number}", "conversation": str(conversation), "turn": number, "history": history,
            "question": question, "responses": responses, "tags": tags}


def trec_qrels(path, name=lambda t: t):
    found = []
    for l in text(path).split("\n"):
        if not l:
            continue
        fields = l.rstrip("\r").split("\t") if l.count("\t") == 3 else l.split()
        t, _, p, g = fields
        found.append((name(t), p, int(g)))
    return found


def json_qrels(path):
    return [(t, p, g) for t, ps in json.loads(text(path)).items() for p, g in ps.items() if p != ""]


# ---- the datasets ------------------------------------------------------------------------------------------------

def topiocqa(records):
    turns, last = [], {}
    for r in records:
        c, n = r["Conversation_no"], r["Turn_no"]
        assert len(r["Context"]) == 2 * (n - 1)
        # An unanswerable turn names no topic: the topic spoken of stays the one before.
        spoken = last.get(c, "")
        shift = "first" if n == 1 else "switch" if r["Topic"] and spoken and r["Topic"] != spoken else "continue"
        last[c] = r["Topic"] or spoken
        tags = {"topic_shift": shift}
        if r["Topic"]:
            tags |= {"topic": r["Topic"], "section": r["Topic_section"]}
        turns.append(turn(c, n, pairs(r["Context"]), r["Question"], [r["Answer"]], tags))
    return turns


def topiocqa_zip(data, name):
    return json.loads(zipfile.ZipFile(data / "topiocqa/topiocqa.zip").read(name))


def topiocqa_samples(records):
    """The stand-in of the first release (CARD.md): Topic. Topic_section. Answer, for answers of more than two words."""
    samples = []
    for r in records:
        answer, i = r["Answer"], f"{r['Conversation_no']}_{r['Turn_no']}"
        stand_in = answer != "UNANSWERABLE" and len(answer.split()) > 2
        title = ". ".join([part for part in (r["Topic"], r["Topic_section"]) if part])
        samples.append({"id": i, "positive": "pseudo" if stand_in else "none",
                        "history": pairs(r["Context"]), "question": r["Question"],
                        "positives": [[f"pseudo:{i}", title, answer]] if stand_in else [],
                        "negatives": [], "responses": [[answer, []]]})
    return samples


def qrecc(records):
    turns = []
    for r in records:
        assert len(r["NewContext"]) == 2 * (r["Turn_no"] - 1)
        turns.append(turn(r["Conversation_no"], r["Turn_no"], pairs(r["NewContext"]), r["Question"],
                          [r["Truth_answer"]] if r["Truth_answer"] else [],
                          {"source": r["Conversation_source"], "rewrite": r["Truth_rewrite"]}))
    return turns


def canard(records):
    by = {(r["QuAC_dialog_id"], r["Question_no"]): r for r in records}
    turns = []
    for r in records:
        d, n = r["QuAC_dialog_id"], r["Question_no"]
        assert len(r["History"]) == 2 * n
        after = by.get((d, n + 1))
        turns.append(turn(d, n, pairs(r["History"][2:]), r["Question"], [after["History"][-1]] if after else [],
                          {"rewrite": r["Rewrite"], "article": r["History"][0], "section": r["History"][1]}))
    return turns


def inscit(dialogues):
    turns, qrels, passages, samples = [], [], {}, []
    for name, dialogue in dialogues.items():
        for i, t in enumerate(dialogue["turns"]):
            assert len(t["context"]) == 2 * i + 1
            kinds, gold, responses = [], [], []
            for label in t["labels"]:
                if label["responseType"] not in kinds:
                    kinds.append(label["responseType"])
                cited = []
                for e in label["evidence"]:
                    p = [e["passage_id"], " [SEP] ".join(e["passage_titles"]), e["passage_text"]]
                    assert passages.setdefault(p[0], p) == p
                    if p[0] not in gold:
                        gold.append(p[0])
                    if p[0] not in cited:  # A label may name a passage twice.
                        cited.append(p[0])
                responses.append([label["response"], cited])
            made = turn(name, i + 1, pairs(t["context"][:-1]), t["context"][-1], [r for r, _ in responses],
                        {"response_type": "+".join(sorted(kinds))})
            turns.append(made)
            qrels += [(made["id"], p, 1) for p in gold]
            samples.append({"id": made["id"], "positive": "gold" if gold else "none", "history": made["history"],
                            "question": made["question"], "positives": [passages[p] for p in gold], "negatives": [],
                            "responses": responses})
    return turns, qrels, list(passages.values()), samples


def tsv(path, columns):
    rows = []
    for l in text(path).split("\n"):
        if l == "":
            continue
        cells = l.rstrip("\r").split("\t")
        assert len(cells) == columns, l
        rows.append(cells)
    return rows


def audit_csv(path):
    """The hand-checked answers of Wizard of Wikipedia: evidence, last utterance, answer, labels."""
    rows = list(csv.DictReader(io.StringIO(text(path), newline="")))
    turns = []
    for n, r in enumerate(rows):
        lower = lambda cell: "+".join(sorted(part.strip().lower() for part in cell.split(",") if part.strip()))
        made = turn(f"{path.stem}-{n}", 1, [], r["history"], [r["response"]], {"begin": lower(r["BEGIN"]), "vrm": lower(r["VRM"])})
        made["evidence"] = [r["evidence"]]
        turns.append(made)
    return turns


def bare(t):
    """QReCC-Test_1_2 and 1-2 are the turn 1_2."""
    return t.split("Test_")[-1].split("Train_")[-1].replace("-", "_")


def cases(data):
    """Name → what a prepared folder has to hold. Absent parts are not compared."""
    found = {}
    for split in ("dev", "train"):
        records = topiocqa_zip(data, f"topiocqa_{split}.json")
        found[f"topiocqa-{split}"] = {"turns": topiocqa(records), "qrels": []}
        if split == "train":
            found["topiocqa-train"]["samples"] = topiocqa_samples(records)
    renumbered = topiocqa(json.loads(text(data / "topiocqa/topiocqa_dev_renumbered.json.gz")))
    kinds = {"1st": "first", "tc": "continue", "ts": "switch"}
    labels = json.loads(text(data / "topiocqa/qrels_retpo/dev_type.json"))
    official = {bare(t): kinds[k] for k, ts in labels.items() for t in ts}
    # The authors of RetPO knew the gold passage of unanswerable turns as well: four turns about them cannot be told here.
    apart = {t["id"] for t in renumbered if t["tags"]["topic_shift"] != official[t["id"]]}
    assert official.keys() == {t["id"] for t in renumbered} and apart == {"73_8", "73_9", "151_11", "151_12"}
    found["topiocqa-renumbered"] = {"turns": renumbered, "qrels": trec_qrels(data / "topiocqa/qrels_retpo/dev_gold.trec", bare)}

    sampled = json.loads(text(data / "qrecc/infocqr/dev-sampled2k-modified.json"))
    gold = [(f"{r['Conversation_no']}_{r['Turn_no']}", p, 1) for r in sampled for p in r["Truth_passages"]]
    found["qrecc-infocqr"] = {"turns": qrecc(sampled), "qrels": gold}
    ids = {t["id"] for t in found["qrecc-infocqr"]["turns"]}
    apart = [q for q in json_qrels(data / "qrecc/infocqr/qrels_dev.txt.gz") if q[0] in ids]
    assert sorted(apart) == sorted(gold)

    found["or-quac-canard"] = {"turns": canard(json.loads(text(data / "canard/dev.json"))), "qrels": []}

    turns, qrels, passages, samples = inscit(json.loads(text(data / "inscit/dev.json")))
    found["inscit"] = {"turns": turns, "qrels": qrels, "passages": passages, "samples": samples}

    found["faithdial-audit"] = {"turns": audit_csv(data / "faithdial/wow.csv"), "qrels": []}

    folder = data / "msmarco_passage"
    found["msmarco-passage"] = {
        "turns": [turn(i, 1, [], q, [], {}) for i, q in tsv(folder / "topics.msmarco-passage.dev-subset.txt.gz", 2)],
        "qrels": [(f"{t}_1", p, g) for t, p, g in trec_qrels(folder / "qrels.msmarco-passage.dev-subset.txt.gz")],
        "passages": [[i, "", t] for i, t in tsv(folder / "ms_marco_passage_sample.tsv", 2)],
    }
    return found


def judgements(data):
    """The qrels files whose questions cannot be had: what a reader of qrels has to find."""
    files = {
        "topiocqa/qrels_retpo/dev_gold.trec": trec_qrels, "topiocqa/qrels_retpo/train_gold.trec": trec_qrels,
        "qrecc/infocqr/qrels_test.txt.gz": json_qrels, "qrecc/infocqr/qrels_dev.txt.gz": json_qrels,
        "qrecc/qrels_retpo/qrecc_qrel.tsv.gz": trec_qrels, "qrecc/qrels_retpo/qrecc_qrel_train.tsv.gz": trec_qrels,
        "msmarco_passage/qrels.msmarco-passage.dev-subset.txt.gz": trec_qrels,
        "vectors/ecir2023_cast21/qrels.2021.txt": trec_qrels,
    }
    return {name: read(data / name) for name, read in files.items()}


# ---- digests -----------------------------------------------------------------------------------------------------

def summary(case):
    turns = case["turns"]
    judged = {t for t, _, g in case["qrels"] if g > 0}
    counts = {"conversations": len({t["conversation"] for t in turns}), "turns": len(turns),
              "judgements": len(case["qrels"]), "turns_with_gold": len(judged),
              "references": sum(len(t["responses"]) for t in turns), "without_reference": sum(not t["responses"] for t in turns),
              "exchanges": sum(len(t["history"]) for t in turns), "empty_slots": sum(r == "" for t in turns for _, r in t["history"])}
    digests = {field: digest(line([t["id"], t[field]]) for t in turns)
               for field in ("conversation", "turn", "question", "history", "responses")}
    digests["tags"] = digest(line([t["id"], sorted(t["tags"].items())]) for t in turns)
    if any("evidence" in t for t in turns):
        digests["evidence"] = digest(line([t["id"], t["evidence"]]) for t in turns)
    digests["qrels"] = digest(sorted(line(list(q)) for q in case["qrels"]))
    for part in ("passages", "samples"):
        if part in case:
            counts[part] = len(case[part])
            digests[part] = digest(line(sorted(x.items()) if isinstance(x, dict) else x) for x in case[part])
    if "samples" in case:
        kinds = [s["positive"] for s in case["samples"]]
        counts["samples_by_positive"] = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
    return {"counts": counts, "digests": digests}


def qrels_summary(rows):
    return {"judgements": len(rows), "turns": len({t for t, _, _ in rows}), "grades": sorted({g for _, _, g in rows}),
            "digest": digest(sorted(line(list(q)) for q in rows))}


def read_prepared(folder):
    rows = lambda name: [json.loads(l) for l in (folder / name).open(encoding="utf-8")] if (folder / name).exists() else []
    exchange = lambda h: [[e["question"], e["response"]] for e in h]
    passage = lambda p: [p["id"], p["title"], p["text"]]
    turns = [dict(t, history=exchange(t["history"])) for t in rows("turns.jsonl")]
    qrels = trec_qrels(folder / "qrels.tsv") if (folder / "qrels.tsv").exists() else []
    samples = [{"id": s["id"], "positive": s["positive"], "history": exchange(s["history"]), "question": s["question"],
                "positives": [passage(p) for p in s["positives"]], "negatives": [passage(p) for p in s["negatives"]],
                "responses": [[r["text"], r["evidence"]] for r in s["responses"]]} for s in rows("train.jsonl")]
    return {"turns": turns, "qrels": qrels, "passages": [passage(p) for p in rows("passages.jsonl")], "samples": samples}


def compare(mine, theirs):
    problems = 0
    for part in mine:
        a, b = mine[part], theirs[part]
        if part == "qrels":
            a, b = sorted(map(tuple, a)), sorted(map(tuple, b))
        if part == "turns":
            keep = a[0].keys()
            b = [{k: t.get(k) for k in keep} for t in b]
        if len(a) != len(b):
            print(f"{part}: {len(a)} here, {len(b)} prepared")
        for i, (x, y) in enumerate(zip(a, b)):
            if x != y:
                problems += 1
                if problems <= 20:
                    print(part, i, "\n  here    ", line(x), "\n  prepared", line(y))
        problems += abs(len(a) - len(b))
    print(f"{problems} differences")


if __name__ == "__main__":
    data = Path(sys.argv[1])
    if sys.argv[2:3] == ["--compare"]:
        compare(cases(data)[sys.argv[3]], read_prepared(Path(sys.argv[4])))
    else:
        print(json.dumps({"cases": {name: summary(case) for name, case in cases(data).items()},
                          "judgements": {name: qrels_summary(rows) for name, rows in judgements(data).items()}}, indent=1))
