"""What the PyTorch peers share: loading a workload, and a timed step per line read, a line of JSON for each."""
import json
import sys
import time
from pathlib import Path

import peft
import torch
import transformers


def load(work, threads, attention="sdpa", checkpointing=False):
    """The model of WORK/model, with WORK/adapter trained where there is one, else all of it."""
    torch.set_num_threads(int(threads))
    model = transformers.AutoModelForCausalLM.from_pretrained(
        work / "model", dtype=torch.float32, attn_implementation=attention, use_cache=False
    )
    if (work / "adapter").exists():
        model = peft.PeftModel.from_pretrained(model, work / "adapter", is_trainable=True)
    if checkpointing:
        base = model.base_model.model if (work / "adapter").exists() else model
        base.gradient_checkpointing_enable({"use_reentrant": False})
    return model.train()


def serve(model, loss_of):
    """One update of AdamW (fused: the fastest there is on a CPU) from `loss_of()` per line on stdin."""
    adam = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4, weight_decay=0.0, fused=True)
    versions = f"torch {torch.__version__}, transformers {transformers.__version__}, peft {peft.__version__}"
    before = peak()
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew, without what loading took
    for _ in sys.stdin:
        start, cpu = time.perf_counter(), time.process_time()
        adam.zero_grad()
        loss = loss_of()
        loss.backward()
        adam.step()
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        step = {"loss": loss.item(), "seconds": seconds, "cpuSeconds": cpu, "beforeMb": before, "peakMb": peak()}
        print(json.dumps({**step, "versions": versions}), flush=True)


def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
