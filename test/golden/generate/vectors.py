"""Writes one golden folder: checkpoint, adapter, inputs, and everything the product's results are compared with."""
import json
import random
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, get_linear_schedule_with_warmup

from objective import Options, Sample, Sequence, Span, check_identities, losses

TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
STEPS, WARMUP = 10, 2
OPTIMIZER = {"lr": 1e-3, "betas": [0.9, 0.999], "weight_decay": 0.01, "clip": 1.0}
SCALARS = ("L", "L_R", "L_G", "L_CII", "L_RAG")


def make_samples(rng, vocab, eos, t=2, count=3, longest=20):
    """Random ids of unequal lengths; eos also stands inside the session, where a search for EMB would stumble."""
    tokens = lambda low, high: [rng.randrange(3, vocab) for _ in range(rng.randint(low, high))]
    emb = [eos] * t

    def encoded(body):
        return Sequence(body + emb, Span(len(body), t))

    def answered(body, r):
        return Sequence(body + emb + r + [eos], Span(len(body), t), Span(len(body) + t, len(r) + 1))

    samples = []
    for i in range(count):
        r = tokens(1, 1) if i == 1 else tokens(3, 7)
        session = tokens(3, longest // 2) + [eos] + tokens(2, longest // 3)
        samples.append(
            Sample(
                G=answered(session, r),
                P=encoded(tokens(4, longest)),
                R=encoded(tokens(2, 3) + r),
                X=answered(tokens(6, longest) + session, r),
                N=[encoded(tokens(4, longest))],
            )
        )
    return samples


def variants(count):
    base = Options()
    pairs = tuple((i, (i + 1) % count) for i in range(0, count, 2)) if count > 1 else ()
    return {
        "base": base,
        "masked": replace(base, masked_passages=pairs, masked_responses=tuple((j, i) for i, j in pairs)),
        "hard": replace(base, hard_negatives=True, masked_passages=pairs),
        "unmasked_session": replace(base, session_mask=False),
        "literal": replace(base, temperature=1.0, normalize=False),
        "token_mean": replace(base, gen_reduction="token"),
    }


def named(model):
    """Trainable parameters under the names their files use."""
    return {k.replace(".default", ""): p for k, p in model.named_parameters() if p.requires_grad}


def gradients(model, samples, options, loss):
    model.zero_grad(set_to_none=True)
    losses(model, samples, options)[loss].backward()
    return {k: torch.zeros_like(p) if p.grad is None else p.grad.clone() for k, p in named(model).items()}


def descend(model, samples, options, eps):
    """Ten steps of torch's AdamW under transformers' linear schedule; torch's own clipping."""
    params = list(named(model).values())
    o = OPTIMIZER
    # Norms are not decayed, as in transformers' Trainer.
    groups = [
        {"params": [p for p in params if p.dim() > 1], "weight_decay": o["weight_decay"]},
        {"params": [p for p in params if p.dim() == 1], "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW([g for g in groups if g["params"]], lr=o["lr"], betas=o["betas"], eps=eps)
    schedule = get_linear_schedule_with_warmup(adam, WARMUP, STEPS)
    log = []
    for _ in range(STEPS):
        adam.zero_grad()
        L = losses(model, samples, options)
        L["L"].backward()
        norm = torch.nn.utils.clip_grad_norm_(params, o["clip"])
        log.append({"lr": schedule.get_last_lr()[0], "grad_norm": norm.item(), **{k: L[k].item() for k in SCALARS}})
        adam.step()
        schedule.step()
    return log, {k: p.detach().clone() for k, p in named(model).items()}


def greedy(model, prompts, new_tokens, pad):
    """generate() on left-padded rows (no stop id), the logits that chose each token, and how close the choice was."""
    width = max(map(len, prompts))
    ids = torch.tensor([[pad] * (width - len(p)) + p for p in prompts])
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts])
    out = model.generate(
        input_ids=ids, attention_mask=mask, do_sample=False, max_new_tokens=new_tokens, eos_token_id=None, pad_token_id=pad,
        output_logits=True, return_dict_in_generate=True,
    )
    logits = torch.stack(out.logits, 1)
    top = logits.topk(2, -1).values
    return out.sequences[:, width:].tolist(), logits, (top[..., 0] - top[..., 1]).min().item()


def randomize(model, seed):
    """Weights large enough that nothing is nearly linear, nearly uniform or nearly one."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=g)
            p.copy_(1 + 0.2 * noise if p.dim() == 1 and "norm" in name else 1.1 * noise / p.shape[-1] ** 0.5)


def lora(model, rank, alpha, seed):
    """A PEFT model over every linear, with A and B both random."""
    wrapped = get_peft_model(model, LoraConfig(r=rank, lora_alpha=alpha, target_modules=TARGETS, task_type="CAUSAL_LM"))
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in named(wrapped).values():
            p.copy_(0.2 * min(1, rank / alpha) ** 0.5 * torch.randn(p.shape, generator=g))
    return wrapped.eval()


def save_adapter(model, folder):
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = None  # else it names a temporary path of whoever ran this
    config["target_modules"] = sorted(config["target_modules"])
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=1) + "\n")


def load(folder):
    model = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32, attn_implementation="eager").eval()
    # transformers would drop the lookup's gradient of the padding id, and that is the eos id, which EMB is made of.
    model.model.embed_tokens.padding_idx = None
    return model


def write(folder: Path, seed, *, per_loss=True, loss_tolerance=1e-6, parameter_tolerance=1e-5, eps=1e-8, rank=4, alpha=8, count=3, t=2, longest=20, prompts=(5, 9, 3)):
    """`folder/model` must hold a checkpoint already; everything else is written here."""
    model = load(folder)
    rng = random.Random(seed)
    config = model.config
    samples = make_samples(rng, config.vocab_size, config.eos_token_id, t=t, count=count, longest=longest)
    identities = check_identities(model, samples)
    options = variants(count)
    base, hard = options["base"], options["hard"]

    outputs = {}
    with torch.no_grad():
        losses(model, samples, hard, outputs)
        expected = {k: {n: v.item() for n, v in losses(model, samples, o).items()} for k, o in options.items()}
    margin = 0
    while margin < 1e-3:  # a choice closer than rounding would test nothing but luck
        texts = [[rng.randrange(3, config.vocab_size) for _ in range(n)] for n in prompts]
        tokens, logits, margin = greedy(model, texts, 12, config.eos_token_id)
    outputs["greedy.logits"] = logits
    save(outputs, folder / "outputs.safetensors")

    full = {}
    for loss in SCALARS if per_loss else ("L",):
        full |= {f"{loss}/{k}": g for k, g in gradients(model, samples, base, loss).items()}
    if per_loss:
        full |= {f"hard/{k}": g for k, g in gradients(model, samples, hard, "L").items()}
    save(full, folder / "gradients.safetensors")
    full_log, after = descend(model, samples, base, eps)
    save(after, folder / "after.safetensors")

    adapted = lora(load(folder), rank, alpha, seed + 1)
    save_adapter(adapted, folder / "adapter")
    low_outputs = {}
    with torch.no_grad():
        adapted_losses = {k: v.item() for k, v in losses(adapted, samples, base, low_outputs).items()}
    low = {k: v for k, v in low_outputs.items() if k.startswith("e.")}
    for loss in SCALARS if per_loss else ("L",):
        low |= {f"{loss}/{k}": g for k, g in gradients(adapted, samples, base, loss).items()}
    lora_log, low_after = descend(adapted, samples, base, eps)
    low |= {f"after/{k}": p for k, p in low_after.items()}
    save(low, folder / "lora.safetensors")

    case = {
        "versions": {p: version(p) for p in ("torch", "transformers", "peft", "safetensors", "numpy")},
        "seed": seed,
        # relative; float32 rounding grows with depth and with 1 / temperature
        "loss_tolerance": loss_tolerance,
        # after ten steps; Adam divides by the size of a gradient, so an entry near zero moves by its rounding
        "parameter_tolerance": parameter_tolerance,
        "note": "G and X spans: response counts the closing eos; masked pairs [i, j]: j is no negative of i",
        "samples": [asdict(s) for s in samples],
        "variants": {k: asdict(o) for k, o in options.items()},
        "losses": expected,
        "identities": identities,
        "optimizer": {**OPTIMIZER, "eps": eps, "warmup": WARMUP, "steps": STEPS},
        "full": {"steps": full_log},
        "lora": {"r": rank, "lora_alpha": alpha, "losses": adapted_losses, "steps": lora_log},
        "greedy": {"prompts": texts, "tokens": tokens, "margin": margin},
    }
    (folder / "case.json").write_text(compact(case))
    for file in folder.rglob("*.safetensors"):
        file.chmod(0o644)
    return case


def save(tensors, path):
    save_file({k: v.detach().contiguous().clone() for k, v in sorted(tensors.items())}, path)


def compact(value, depth=0):
    """JSON with short values on one line: diffs stay readable, ids do not take a line each."""
    line = json.dumps(value)
    if len(line) <= 138 - depth or not isinstance(value, (dict, list)) or (isinstance(value, list) and not isinstance(value[0], (dict, list))):
        return line + ("\n" if depth == 0 else "")
    pad, end = " " * (depth + 1), " " * depth
    if isinstance(value, dict):
        inner = ",\n".join(f"{pad}{json.dumps(k)}: {compact(v, depth + 1)}" for k, v in value.items())
        return "{\n" + inner + f"\n{end}}}" + ("\n" if depth == 0 else "")
    return "[\n" + ",\n".join(pad + compact(v, depth + 1) for v in value) + f"\n{end}]"
