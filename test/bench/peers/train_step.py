"""A training step in PyTorch, transformers and peft: `python train_step.py WORK THREADS [eager] [checkpointing]`, loss over all rows."""
import json
import sys
from pathlib import Path

import torch

from serving import load, serve

work, threads, rest = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
model = load(work, threads, "eager" if "eager" in rest else "sdpa", "checkpointing" in rest)
ids = torch.tensor(json.loads((work / "batch.json").read_text()))
serve(model, lambda: model(input_ids=ids, labels=ids).loss)
