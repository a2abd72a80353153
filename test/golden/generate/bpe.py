"""Byte-level BPE as Python's tokenizers trains, saves and applies it: writes test/init/vectors/*.json.

    pip install tokenizers==0.23.3 && python test/golden/generate/bpe.py
"""

import json
import random
from pathlib import Path

import tokenizers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

OUT = Path(__file__).parents[2] / "init" / "vectors"
SPECIALS = ["<|endoftext|>", "<|user|>", "<|assistant|>"]


def train(texts, vocab_size, min_frequency):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        special_tokens=SPECIALS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def words(rng, count):
    """Sentences of invented words, frequent ones more often, with numbers and names."""
    syllables = ["ka", "ro", "lin", "the", "ing", "ous", "er", "mi", "ve", "st", "an", "qu", "ber", "tion", "o", "é"]
    lexicon = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(300)]
    texts = []
    for _ in range(count):
        chosen = [lexicon[int(rng.random() ** 2.5 * len(lexicon))] for _ in range(rng.randint(3, 12))]
        if rng.random() < 0.3:
            chosen.append(str(rng.randint(1900, 2030)))
        if rng.random() < 0.3:
            chosen[0] = chosen[0].capitalize()
        texts.append(" ".join(chosen) + rng.choice([".", "?", "!", "'s", "\n", " ", ", it's"]))
    return texts


def strange(rng, count):
    alphabet = list("ab é日本語 \t\n\u00a0\u0085\ufeff\u2028\u3000  0123'st’,.!?😀️👩‍🚀ß‚ΣςАя") + ["e\u0301", "<|user|>", "'s ", "\r\n"]
    return ["".join(rng.choices(alphabet, k=rng.randint(0, 40))) for _ in range(count)]


def runs(rng, count):
    """Pairs that overlap themselves, and tokens that two different pairs spell."""
    return ["".join(rng.choice(["a", "aa", "aaa", "ab", "ba", "abab", "b"]) for _ in range(rng.randint(1, 12))) for _ in range(count)]


PROBES = [
    "Kalin therous 2015.",
    "  two  spaces\n\nand lines\t",
    "it's o'the 'tis",
    "éé e\u0301 日本語 😀👩‍🚀",
    "\u0085\ufeff\u00a0x\u2028y\u3000z",
    "aaaaabababab",
    "x",
    " ",
    "\n",
]


def case(name, texts, vocab_size, min_frequency, keep_saved=False):
    tokenizer = train(texts, vocab_size, min_frequency)
    saved = json.loads(tokenizer.to_str())
    vector = {
        "versions": {"tokenizers": tokenizers.__version__},
        "vocab_size": vocab_size,
        "min_frequency": min_frequency,
        "special_tokens": SPECIALS,
        "texts": texts,
        "tokens": [token for token, _ in sorted(saved["model"]["vocab"].items(), key=lambda item: item[1])][len(SPECIALS) + 256 :],
        "merges": [" ".join(pair) for pair in saved["model"]["merges"]],
        "probes": [{"text": text, "ids": tokenizer.encode(text).ids} for text in PROBES + texts[:20] if "<|" not in text],
    }
    if keep_saved:
        vector["saved"] = saved
    (OUT / f"{name}.json").write_text(json.dumps(vector, ensure_ascii=True, separators=(",", ":")) + "\n")


OUT.mkdir(parents=True, exist_ok=True)
rng = random.Random(20261121)
case("words", words(rng, 400), 900, 2)
case("words-all", words(rng, 60), 5000, 0)
case("strange", strange(rng, 300), 700, 2)
case("runs", runs(rng, 200), 600, 1)
case("small", words(rng, 30), 300, 2, keep_saved=True)
