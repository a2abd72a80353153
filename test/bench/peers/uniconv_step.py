"""The whole UniConv step in PyTorch, transformers and peft: `python uniconv_step.py WORK THREADS`.

L_R + L_G + 0.5 L_CII over WORK/pool.json, written as a PyTorch user would: one padded pass each for G, P, X and R, plain
causal attention (no mask: padding stands on the right) but for the session mask of G, logits for the response rows alone.
"""
import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

from serving import load, serve

TEMPERATURE, ALPHA = 0.05, 0.5
work = Path(sys.argv[1])
model = load(work, sys.argv[2])
pool = json.loads((work / "pool.json").read_text())
decoder, head = model.get_base_model().model, model.get_base_model().lm_head


def padded(sequences):
    width = max(len(s["ids"]) for s in sequences)
    return torch.tensor([s["ids"] + [0] * (width - len(s["ids"])) for s in sequences])


def session_mask(sequences, width):
    """[batch, 1, width, width], added to the scores: causal, and a response sees nothing before EMB."""
    see = torch.ones(len(sequences), 1, width, width).tril().bool()
    for row, s in enumerate(sequences):
        first, count = s["response"]["start"], s["response"]["length"]
        see[row, 0, first : first + count, : s["emb"]["start"]] = False
    return torch.zeros(see.shape).masked_fill(~see, torch.finfo(torch.float32).min)


ids = {name: padded(sequences) for name, sequences in pool.items()}
mask = {"G": session_mask(pool["G"], ids["G"].shape[1])}
ends = {name: torch.tensor([s["emb"]["start"] + s["emb"]["length"] - 1 for s in pool[name]]) for name in pool}
spans = [(s["response"]["start"], s["response"]["length"]) for s in pool["G"]]
rows = [torch.arange(start - 1, start + count - 1) for start, count in spans]
at = torch.cat([torch.full_like(r, i) for i, r in enumerate(rows)]), torch.cat(rows)
targets = torch.cat([torch.tensor(s["ids"][start : start + count]) for s, (start, count) in zip(pool["G"], spans)])
shares = torch.cat([torch.full((count,), 1 / (count * len(spans))) for _, count in spans])


def contrastive(left, right):
    return F.cross_entropy(left @ right.T / TEMPERATURE, torch.arange(len(left)))


def loss():
    hidden = {name: decoder(input_ids=ids[name], attention_mask=mask.get(name)).last_hidden_state for name in pool}
    e = {name: F.normalize(h[torch.arange(len(h)), ends[name]], dim=-1) for name, h in hidden.items()}
    generation = (F.cross_entropy(head(hidden["G"][at]), targets, reduction="none") * shares).sum()
    return contrastive(e["G"], e["P"]) + generation + ALPHA * contrastive(e["X"], e["R"])


serve(model, loss)
