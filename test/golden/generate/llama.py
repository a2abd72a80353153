"""Golden vectors of the llama family: `python test/golden/generate/llama.py` rewrites test/golden/llama/."""
import json
import shutil
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from vectors import randomize, write

HERE = Path(__file__).resolve().parent.parent / "llama"
SMALL = dict(
    hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, vocab_size=97,
    max_position_embeddings=128, bos_token_id=1, eos_token_id=2, pad_token_id=2,
)


def checkpoint(folder, seed, *, theta, dtype=torch.float32, shard="1GB", **sizes):
    shutil.rmtree(folder, ignore_errors=True)
    config = LlamaConfig(**sizes, rope_parameters={"rope_type": "default", "rope_theta": theta})
    model = LlamaForCausalLM(config)
    randomize(model, seed)
    model.to(dtype).save_pretrained(folder, max_shard_size=shard)
    (folder / "generation_config.json").unlink(missing_ok=True)


def older_config(folder):
    """transformers 4 wrote rope_theta and torch_dtype; most checkpoints on disk still look so."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["rope_theta"] = config.pop("rope_parameters")["rope_theta"]
    config["torch_dtype"] = config.pop("dtype")
    config["rope_scaling"] = None
    config["transformers_version"] = "4.46.0"
    path.write_text(json.dumps(dict(sorted(config.items())), indent=2) + "\n")


def main():
    torch.set_num_threads(1)
    tied = HERE / "tied"
    shutil.rmtree(HERE, ignore_errors=True)
    checkpoint(tied / "model", 11, theta=10000.0, num_key_value_heads=2, rms_norm_eps=1e-6, tie_word_embeddings=True, **SMALL)
    older_config(tied / "model")
    report("tied", write(tied, 11))

    untied = HERE / "untied-bf16"
    checkpoint(
        untied / "model", 12, theta=50000.0, dtype=torch.bfloat16, shard="16KB",
        num_key_value_heads=4, rms_norm_eps=1e-5, tie_word_embeddings=False, **SMALL,
    )
    report("untied-bf16", write(untied, 12, per_loss=False))


def report(name, case):
    print(name, case["losses"]["base"], "identities", case["identities"], "greedy margin", round(case["greedy"]["margin"], 4))


if __name__ == "__main__":
    main()
