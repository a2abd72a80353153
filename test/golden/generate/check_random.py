"""Golden cases nobody has seen: random llama shapes, made now, compared by golden.test.ts, thrown away.

    python test/golden/generate/check_random.py [--count 3] [--seed N] [--keep FOLDER]

Run from a clone with its npm packages installed. The seed is printed; the same seed makes the same cases.
"""
import argparse
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

from llama import checkpoint, older_config, report
from vectors import write

# Adam divides by the size of a gradient: with an eps of 1e-8 an entry near zero moves by its rounding, and which entries are
# near zero is a matter of luck. With 1e-5 none are.
TOLERANCES = {"loss_tolerance": 2e-5, "parameter_tolerance": 1e-5, "eps": 1e-5}
ROOT = Path(__file__).resolve().parents[3]


def random_case(folder, seed):
    rng = random.Random(seed)
    kv, group = rng.choice([1, 2, 3]), rng.choice([1, 2, 3])
    dim = rng.choice([4, 8, 10, 16])
    heads = kv * group
    sizes = dict(
        # head_dim apart from hidden_size / heads in every third case
        hidden_size=heads * (dim if rng.random() < 2 / 3 else rng.choice([7, 12])),
        head_dim=dim,
        num_attention_heads=heads,
        num_key_value_heads=kv,
        num_hidden_layers=rng.choice([1, 2, 3, 4]),
        intermediate_size=rng.choice([20, 48, 68, 128]),
        vocab_size=rng.choice([50, 97, 128, 301]),
        rms_norm_eps=rng.choice([1e-6, 1e-5]),
        tie_word_embeddings=rng.random() < 0.5,
        max_position_embeddings=256,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=rng.choice([0, 2]),
    )
    dtype = rng.choice([torch.float32, torch.float32, torch.bfloat16, torch.float16])
    theta = rng.choice([1e4, 5e5, 1234.5])
    shard = rng.choice(["1GB", "20KB"])
    rest = dict(rank=rng.choice([1, 2, 8]), alpha=rng.choice([4, 16]), count=rng.choice([1, 2, 4]), t=rng.choice([1, 2, 3]))
    print(folder.name, "seed", seed, str(dtype), "theta", theta, "shard", shard, sizes, rest)
    checkpoint(folder / "model", seed, theta=theta, dtype=dtype, shard=shard, **sizes)
    if rng.random() < 0.5:
        older_config(folder / "model")
    report(folder.name, write(folder, seed, per_loss=False, longest=rng.choice([10, 20, 40]), **rest, **TOLERANCES))


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--count", type=int, default=3)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options.add_argument("--keep", type=Path)
    o = options.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = o.keep or Path(scratch)
        for i in range(o.count):
            random_case(folder / f"random-{o.seed + i}", o.seed + i)
        command = ["npx", "vitest", "run", "test/golden"]
        sys.exit(subprocess.run(command, cwd=ROOT, env={**os.environ, "UNICONV_GOLDEN": str(folder.resolve())}).returncode)


if __name__ == "__main__":
    main()
