"""Vectors and runs of real commands against transformers and peft, from the text on: template, tokens, EMB, pooling, adapter.

    python test/golden/generate/check_pipeline.py PREPARED MODEL INDEX RUN [RESPONSES…]

MODEL is a checkpoint or an adapter that `uniconv train` wrote, INDEX and RUN what `build-index` and `retrieve` made with it,
RESPONSES what `generate` wrote in the modes zero-shot, zero-shot-emb and rag.
Sequences longer than the model's limits are skipped (the limits are tested elsewhere).
"""
import json
import random
import sys
from pathlib import Path

import jinja2
import numpy as np
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from objective import Sequence, Span, encode

SAMPLE = 40
prepared, model_dir, index, run = map(Path, sys.argv[1:5])
settings = json.loads((model_dir / "uniconv.json").read_text())
tokenizer = AutoTokenizer.from_pretrained(model_dir)
adapted = (model_dir / "adapter_config.json").exists()
base = json.loads((model_dir / "adapter_config.json").read_text())["base_model_name_or_path"] if adapted else model_dir
model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, attn_implementation="eager")
if adapted:
    model = PeftModel.from_pretrained(model, model_dir).get_base_model()
model.eval()
jsonl = lambda path: [json.loads(line) for line in path.read_text().splitlines()]


def tokens(messages, prompt=False):
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt)
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def embed(messages, limit):
    ids = tokens(messages) + [tokenizer.eos_token_id] * settings["emb_tokens"]
    if len(ids) > limit:
        return None
    with torch.no_grad():
        e = model.model(torch.tensor([ids])).last_hidden_state[0, -1]
    return (e / e.norm() if settings["normalize"] else e).numpy()


def passage_text(p):
    return f"{p['title']}. {p['text']}" if p.get("title") else p["text"]


def conversation(t, question=None):
    turns = []
    for h in t["history"]:
        turns += [{"role": "user", "content": h["question"]}, {"role": "assistant", "content": h["response"]}]
    return turns + [{"role": "user", "content": question or t["question"]}]


def passage(p):
    turns = [{"role": "user", "content": ""}, {"role": "assistant", "content": passage_text(p)}]
    return embed(turns, settings["max_passage_length"])


def query(t):
    return embed(conversation(t), settings["max_query_length"])


def rag_prompt(t, texts):
    """prompts/rag.jinja in Python's Jinja, as the one user turn that asks."""
    template = Path(__file__).resolve().parents[3] / "prompts" / f"{settings['prompt']}.jinja"
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    question = environment.from_string(template.read_text()).render(passages=texts, question=t["question"])
    return tokens(conversation(t, question.strip()), prompt=True)


def answer(t, row, limit):
    """Greedy, no cache: every token is read off a full pass. Returns the text and how close the closest choice was."""
    if row["mode"] == "zero-shot":
        prompt, emb = tokens(conversation(t), prompt=True), None
    elif row["mode"] == "rag":
        prompt, emb = rag_prompt(t, [passage_text(passages[id]) for id in row["passages"]]), None
    else:
        session = tokens(conversation(t))
        emb = Span(len(session), settings["emb_tokens"])
        prompt = session + [tokenizer.eos_token_id] * emb.length
    ids, margin = list(prompt), float("inf")
    while len(ids) - len(prompt) < limit:
        # Under the session mask what was said after EMB sees EMB and itself alone.
        said = Span(len(prompt), len(ids) - len(prompt)) if emb else None
        with torch.no_grad():
            logits = model.lm_head(encode(model, Sequence(ids, emb, said), "G" if emb else "P")[-1])
        best = logits.topk(2)
        margin = min(margin, (best.values[0] - best.values[1]).item())
        token = best.indices[0].item()
        if token == tokenizer.eos_token_id:
            break
        ids.append(token)
    return len(prompt), tokenizer.decode(ids[len(prompt) :], skip_special_tokens=True).strip(), margin


stored = {}
for shard in sorted((index / "vectors").glob("*.f32")):
    ids = shard.with_suffix(".ids").read_text().splitlines()
    stored |= dict(zip(ids, np.fromfile(shard, dtype="<f4").reshape(len(ids), -1)))
rng = random.Random(0)
passages = {p["id"]: p for p in jsonl(prepared / "passages.jsonl")}
errors = []
for id in rng.sample(sorted(passages), min(SAMPLE, len(passages))):
    e = passage(passages[id])
    if e is not None:
        errors.append(np.abs(e - stored[id]).max())
print(f"{len(errors)} passages: largest error of a vector {max(errors):.2e}")

ranked = {}
for line in (run / "run.trec").read_text().splitlines():
    turn, _, id, _, score, _ = line.split("\t")
    ranked.setdefault(turn, {})[id] = float(score)
turns = [t for t in jsonl(prepared / "turns.jsonl") if t["id"] in ranked]
scores = []
for t in rng.sample(turns, min(SAMPLE, len(turns))):
    q = query(t)
    if q is not None:
        scores.append(max(abs(float(q @ stored[id]) - score) for id, score in ranked[t["id"]].items()))
print(f"{len(scores)} turns ({sum(bool(t['history']) for t in turns)} of {len(turns)} have a history): largest error of a score {max(scores):.2e}")
wrong = 0
for folder in map(Path, sys.argv[5:]):
    limit = json.loads((folder / "manifest.json").read_text())["options"]["max_new_tokens"]
    rows = jsonl(folder / "responses.jsonl")[:SAMPLE]
    by_id = {t["id"]: t for t in turns}
    for row in rows:
        length, text, margin = answer(by_id[row["turn"]], row, limit)
        # A choice as close as rounding may go either way.
        if length != row["prompt_tokens"] or (text != row["response"] and margin > 1e-4):
            wrong += 1
            print(f"{row['turn']} ({row['mode']}): {length} tokens, {text!r}, not {row['prompt_tokens']}, {row['response']!r}")
    print(f"{folder}: {len(rows)} responses compared")
sys.exit(wrong > 0 or max(*errors, *scores) > 1e-5)
