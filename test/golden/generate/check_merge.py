"""What `uniconv train` and `uniconv merge` wrote, as peft and transformers load it: unmodified, and with equal logits.

    python test/golden/generate/check_merge.py ADAPTER MERGED

MERGED is ADAPTER merged in float32. The adapter is loaded through the base its configuration names.
"""
import sys
from pathlib import Path

import torch
from peft import AutoPeftModelForCausalLM, PeftConfig, PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

adapter, merged = sys.argv[1:3]
config = PeftConfig.from_pretrained(adapter)
print(f"r {config.r}, lora_alpha {config.lora_alpha}, dropout {config.lora_dropout}, rslora {config.use_rslora}, task {config.task_type}")
base = AutoModelForCausalLM.from_pretrained(config.base_model_name_or_path, dtype=torch.float32)
torch.manual_seed(0)
ids = torch.randint(0, base.config.vocab_size, (4, 40))


def logits(model):
    model.eval()
    with torch.no_grad():
        return model(ids).logits


bare = logits(base)
ours = logits(AutoModelForCausalLM.from_pretrained(merged, dtype=torch.float32))
adapted = logits(PeftModel.from_pretrained(base, adapter))
auto = logits(AutoPeftModelForCausalLM.from_pretrained(adapter, dtype=torch.float32))
resumed = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(config.base_model_name_or_path), adapter, is_trainable=True)
trained = [name for name, p in resumed.named_parameters() if p.requires_grad]
assert trained and all("lora_" in name for name in trained)
theirs = logits(AutoPeftModelForCausalLM.from_pretrained(adapter, dtype=torch.float32).merge_and_unload())
if (Path(merged) / "tokenizer.json").exists():
    AutoTokenizer.from_pretrained(merged)
error = (ours - adapted).abs().max().item()
print(f"the adapter changes logits by {(adapted - bare).abs().max():.2e}, {len(trained)} matrices go on training in peft")
print(f"merged against peft's adapter {error:.2e}, AutoPeftModel {(auto - adapted).abs().max():.2e}, peft's own merge {(theirs - adapted).abs().max():.2e}")
sys.exit(error > 1e-5 or (adapted - bare).abs().max().item() < 1e-3)
