"""Golden vectors of the other families and of the rope scalings: `python test/golden/generate/families.py` rewrites their folders."""
import shutil
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config

from vectors import randomize, write

HERE = Path(__file__).resolve().parent.parent
SMALL = dict(
    hidden_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=32, vocab_size=61,
    rms_norm_eps=1e-6, max_position_embeddings=128, bos_token_id=1, eos_token_id=2, pad_token_id=2,
)
# Windows are shorter than the sequences, original contexts too, so that each setting changes every number.
CASES = {
    "llama/llama3-scaling": (LlamaConfig, 21, dict(tie_word_embeddings=True, rope_parameters={
        "rope_type": "llama3", "rope_theta": 500.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 16})),
    "mistral/windowed": (MistralConfig, 22, dict(head_dim=10, sliding_window=7, rope_parameters={"rope_type": "default", "rope_theta": 1000.0})),
    "qwen2/windowed-linear": (Qwen2Config, 23, dict(tie_word_embeddings=True, use_sliding_window=True, sliding_window=6, max_window_layers=1,
        rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 1000.0})),
    "qwen3/yarn": (Qwen3Config, 24, dict(head_dim=10, tie_word_embeddings=True, rope_parameters={
        "rope_type": "yarn", "rope_theta": 1000.0, "factor": 4.0, "original_max_position_embeddings": 16})),
}


def main():
    torch.set_num_threads(1)
    for name, (config, seed, extra) in CASES.items():
        folder = HERE / name
        shutil.rmtree(folder, ignore_errors=True)
        model = AutoModelForCausalLM.from_config(config(**SMALL, **extra))
        randomize(model, seed)
        model.save_pretrained(folder / "model")
        (folder / "model" / "generation_config.json").unlink(missing_ok=True)
        case = write(folder, seed, per_loss=False, loss_tolerance=2e-6)
        print(name, case["losses"]["base"], "identities", case["identities"])


if __name__ == "__main__":
    main()
