"""The same LoRA step in PyTorch with transformers and peft: `python lora_step_peft.py WORK [eager] [checkpointing]`.

Like the Node children it makes a step per line it reads and prints a line of JSON for each.
"""
import json
import sys
import time
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

work, rest = Path(sys.argv[1]), sys.argv[2:]
torch.set_num_threads(2)


def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024


attention = "eager" if "eager" in rest else "sdpa"
model = AutoModelForCausalLM.from_pretrained(work / "model", dtype=torch.float32, attn_implementation=attention, use_cache=False)
model = PeftModel.from_pretrained(model, work / "adapter", is_trainable=True)
if "checkpointing" in rest:
    model.enable_input_require_grads()
    model.base_model.model.gradient_checkpointing_enable()
model.train()
adam = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4, weight_decay=0.0)
ids = torch.tensor(json.loads((work / "batch.json").read_text()))

before = peak()
Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew, without what loading took
for _ in sys.stdin:
    start, cpu = time.perf_counter(), time.process_time()
    adam.zero_grad()
    loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    adam.step()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    step = {"loss": loss.item(), "seconds": seconds, "cpuSeconds": cpu, "beforeMb": before, "peakMb": peak()}
    print(json.dumps(step), flush=True)
