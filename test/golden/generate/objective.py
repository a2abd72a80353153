"""The training objective in PyTorch over transformers' own model: the independent reference of the golden tests.

Written from the formulas alone. Every sequence is encoded on its own, unpadded, with an explicit 4-D mask and explicit
position ids, so nothing here shares a batching, padding or masking idea with the product.
"""
from dataclasses import dataclass, field

import torch


@dataclass
class Span:
    start: int
    length: int

    @property
    def stop(self):
        return self.start + self.length


@dataclass
class Sequence:
    """Token ids and where the embedding tokens and the response (closing eos included) stand."""

    ids: list
    emb: Span
    response: Span | None = None


@dataclass
class Sample:
    G: Sequence  # session + EMB + r + eos, session mask
    P: Sequence  # passage + EMB
    R: Sequence  # response + EMB
    X: Sequence  # RAG prompt + EMB + r + eos; the response continues the prompt as if EMB were absent
    N: list = field(default_factory=list)  # hard negatives, built like P


@dataclass
class Options:
    temperature: float = 0.05
    normalize: bool = True
    alpha: float = 0.5
    gen_weight: float = 1.0
    gen_rag_weight: float = 1.0
    gen_reduction: str = "sample"
    session_mask: bool = True
    hard_negatives: bool = False
    masked_passages: tuple = ()  # (i, j): passage of sample j is another gold of sample i, so no negative of it
    masked_responses: tuple = ()


def visible(sequence, kind, session_mask=True):
    """Boolean [rows, columns]: which columns a row may attend to."""
    n = len(sequence.ids)
    see = torch.ones(n, n).tril().bool()
    if sequence.response is not None:
        rows = slice(sequence.response.start, sequence.response.stop)
        if kind == "G" and session_mask:
            see[rows, : sequence.emb.start] = False
        if kind == "X":
            see[rows, sequence.emb.start : sequence.emb.stop] = False
    return see


def positions(sequence, kind):
    ids = torch.arange(len(sequence.ids))
    if kind == "X" and sequence.response is not None:
        ids[sequence.response.start :] -= sequence.emb.length
    return ids


def encode(model, sequence, kind, session_mask=True):
    """Hidden states after the final norm, [tokens, hidden]."""
    see = visible(sequence, kind, session_mask)
    dtype = next(model.parameters()).dtype
    at = positions(sequence, kind)

    def bias(see):
        return torch.zeros(see.shape, dtype=dtype).masked_fill(~see, torch.finfo(dtype).min)[None, None]

    # A mask that is given replaces the window transformers would have made, so the window is put into it.
    window = getattr(model.config, "sliding_window", None)
    near = see if window is None else see & (at[:, None] - at[None, :] < window)
    by_layer = model.config.model_type in ("qwen2", "qwen3")
    mask = {"full_attention": bias(see), "sliding_attention": bias(near)} if by_layer else bias(near)
    # The bare decoder, found the same way with and without PEFT's wrapper.
    decoder = model.get_base_model().model if hasattr(model, "get_base_model") else model.model
    out = decoder(
        input_ids=torch.tensor([sequence.ids]),
        attention_mask=mask,
        position_ids=at[None],
        use_cache=False,
    )
    return out.last_hidden_state[0]


def embedding(hidden, sequence, normalize=True):
    e = hidden[sequence.emb.stop - 1]
    return e / e.norm() if normalize else e


def response_rows(sequence, kind):
    """The rows whose logits predict the response: the row before each of its tokens, as its positions run."""
    r = sequence.response
    first = sequence.emb.stop - 1 if kind == "G" else sequence.emb.start - 1
    return [first, *range(r.start, r.stop - 1)]


def response_logits(model, hidden, sequence, kind):
    head = model.get_base_model().lm_head if hasattr(model, "get_base_model") else model.lm_head
    return head(hidden[response_rows(sequence, kind)])


def token_losses(logits, sequence):
    r = sequence.response
    target = torch.tensor(sequence.ids[r.start : r.stop])
    return torch.logsumexp(logits, -1) - logits[torch.arange(len(target)), target]


def generation_loss(parts, reduction):
    if reduction == "sample":
        return torch.stack([p.mean() for p in parts]).mean()
    return torch.cat(parts).mean()


def contrastive(left, right, temperature, masked):
    """mean_i -log softmax_j(left_i . right_j / temperature)[i]; a masked pair leaves the denominator."""
    scores = left @ right.T / temperature
    for i, j in masked:
        assert i != j
        drop = torch.zeros_like(scores, dtype=torch.bool)
        drop[i, j] = True
        scores = scores.masked_fill(drop, float("-inf"))
    n = left.shape[0]
    return (torch.logsumexp(scores, -1) - scores[torch.arange(n), torch.arange(n)]).mean()


def losses(model, samples, o, outputs=None):
    """All losses of a batch; `outputs` (a dict) receives hidden states, logits and vectors by name."""
    outputs = {} if outputs is None else outputs
    vectors = {k: [] for k in "QPRXN"}
    session, rag = [], []
    for i, s in enumerate(samples):
        for kind in "GPRX":
            sequence = getattr(s, kind)
            hidden = encode(model, sequence, kind, o.session_mask)
            e = embedding(hidden, sequence, o.normalize)
            outputs[f"hidden.{kind}.{i}"] = hidden
            outputs[f"e.{'Q' if kind == 'G' else kind}.{i}"] = e
            vectors["Q" if kind == "G" else kind].append(e)
            if kind in "GX":
                logits = response_logits(model, hidden, sequence, kind)
                outputs[f"logits.{kind}.{i}"] = logits
                (session if kind == "G" else rag).append(token_losses(logits, sequence))
        for n, sequence in enumerate(s.N if o.hard_negatives else []):
            hidden = encode(model, sequence, "P")
            outputs[f"e.N.{i}.{n}"] = embedding(hidden, sequence, o.normalize)
            vectors["N"].append(outputs[f"e.N.{i}.{n}"])
    stack = lambda k: torch.stack(vectors[k])
    pool = torch.cat([stack("P"), stack("N")]) if vectors["N"] else stack("P")
    L = {
        "L_R": contrastive(stack("Q"), pool, o.temperature, o.masked_passages),
        "L_G": generation_loss(session, o.gen_reduction),
        "L_CII": contrastive(stack("X"), stack("R"), o.temperature, o.masked_responses),
        "L_RAG": generation_loss(rag, o.gen_reduction),
    }
    L["L"] = L["L_R"] + o.gen_weight * L["L_G"] + o.alpha * L["L_CII"] + o.gen_rag_weight * L["L_RAG"]
    return L


def check_identities(model, samples):
    """What the masks promise, on this very model: a reference that broke these would be no reference."""
    worst = 0.0

    def same(a, b):
        nonlocal worst
        worst = max(worst, (a - b).abs().max().item())

    with torch.no_grad():
        for s in samples:
            g = encode(model, s.G, "G")
            q = Sequence(s.G.ids[: s.G.emb.stop], s.G.emb)
            same(g[: s.G.emb.stop], encode(model, q, "P"))  # e(Q) from G is e(Q) alone
            x = encode(model, s.X, "X")
            prompt = Sequence(s.X.ids[: s.X.emb.stop], s.X.emb)
            same(x[: s.X.emb.stop], encode(model, prompt, "P"))  # e(X) of the shared pass
            plain = s.X.ids[: s.X.emb.start] + s.X.ids[s.X.response.start :]
            start = s.X.emb.start
            alone = encode(model, Sequence(plain, Span(start, 0), Span(start, s.X.response.length)), "P")
            same(x[response_rows(s.X, "X")], alone[start - 1 : start - 1 + s.X.response.length])  # r without EMB
            # the session mask hides something, and the reference's mask is really applied
            assert (g - encode(model, s.G, "G", session_mask=False)).abs().max() > 1e-3
    assert worst < 5e-6, worst
    return worst
