"""The hand-written peer: one LoRA training step laid out node by node, exported for onnxruntime-node.

    python lora_step_export.py WORK OUT

WORK holds model/, adapter/ and batch.json as test/bench/workload.ts writes them; OUT receives model.onnx, weights.bin
(frozen weights, external data), feeds.json and feeds.bin (LoRA tensors and ids). No gradient is derived here by rule:
every backward node below was placed by hand, which is what the product's autodiff is measured against.
"""
import json
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, external_data_helper, helper, numpy_helper, save_model
from safetensors.numpy import load_file

work, out = Path(sys.argv[1]), Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)
config = json.loads((work / "model/config.json").read_text())
adapter = json.loads((work / "adapter/adapter_config.json").read_text())
weights = load_file(work / "model/model.safetensors")
low_rank = load_file(work / "adapter/adapter_model.safetensors")
ids = np.array(json.loads((work / "batch.json").read_text()), dtype=np.int64)

BATCH, LENGTH = ids.shape
ROWS = BATCH * LENGTH
HIDDEN, LAYERS = config["hidden_size"], config["num_hidden_layers"]
HEADS, KV = config["num_attention_heads"], config["num_key_value_heads"]
DIM = config.get("head_dim") or HIDDEN // HEADS
GROUP = HEADS // KV
SCALE = adapter["lora_alpha"] / adapter["r"]
EPS = config["rms_norm_eps"]
BLOCK = min(512, ROWS)  # rows of logits alive at once

body, leaves, initializers, inputs, gradients, feeds = [], [], [], [], [], {}
named_constants = {}


def node(kind, *operands, domain="", to=None, **attributes):
    name = f"{kind}.{len(body) + len(leaves)}"
    (body if to is None else to).append(helper.make_node(kind, list(operands), [name], domain=domain, **attributes))
    return name


def constant(value, dtype=np.float32):
    array = np.asarray(value, dtype=dtype)
    key = (array.tobytes(), array.shape, array.dtype.str)
    if key not in named_constants:
        named_constants[key] = f"constant.{len(named_constants)}"
        initializers.append(numpy_helper.from_array(array, named_constants[key]))
    return named_constants[key]


def frozen(name, transpose=False):
    array = weights[name].astype(np.float32)
    stored = name + (".T" if transpose else "")
    initializers.append(numpy_helper.from_array(np.ascontiguousarray(array.T if transpose else array), stored))
    return stored


def fed(name, array, kind):
    feeds[name] = np.ascontiguousarray(array)
    inputs.append(helper.make_tensor_value_info(name, kind, array.shape))
    return name


def product(a, b, ta=0, tb=0, alpha=1.0, to=None):
    return node("FusedMatMul", a, b, domain="com.microsoft", to=to, transA=ta, transB=tb, alpha=alpha)


def reshape(x, *shape):
    return node("Reshape", x, constant(shape, np.int64))


add = lambda a, b: node("Add", a, b)
mul = lambda a, b: node("Mul", a, b)
sub = lambda a, b: node("Sub", a, b)
div = lambda a, b: node("Div", a, b)
swap = lambda x: node("Transpose", x, perm=[0, 2, 1, 3])
last = lambda: constant([-1], np.int64)


class Linear:
    """y = x W + scale (x A) B with W, A, B stored [in, out]."""

    def __init__(self, module):
        key = f"base_model.model.{module}"
        self.w = frozen(module + ".weight", transpose=True)
        self.a = fed(module + ".A", low_rank[key + ".lora_A.weight"].T, TensorProto.FLOAT)
        self.b = fed(module + ".B", low_rank[key + ".lora_B.weight"].T, TensorProto.FLOAT)

    def forward(self, x):
        self.x, self.xa = x, product(x, self.a)
        return add(node("MatMul", x, self.w), product(self.xa, self.b, alpha=SCALE))

    def backward(self, dy, need_dx=True):
        dxa = product(dy, self.b, tb=1, alpha=SCALE)
        gradients.append((self.b, product(self.xa, dy, ta=1, alpha=SCALE, to=leaves)))
        gradients.append((self.a, product(self.x, dxa, ta=1, to=leaves)))
        return add(product(dy, self.w, tb=1), product(dxa, self.a, tb=1)) if need_dx else None


class Norm:
    """y = x / sqrt(mean x^2 + eps) * g."""

    def __init__(self, name):
        self.g = frozen(name)

    def forward(self, x):
        square = node("ReduceMean", mul(x, x), last(), keepdims=1)
        self.root = node("Sqrt", add(square, constant(EPS)))
        self.unit = div(x, self.root)
        return mul(self.unit, self.g)

    def backward(self, dy):
        scaled = mul(dy, self.g)
        along = node("ReduceMean", mul(scaled, self.unit), last(), keepdims=1)
        return div(sub(scaled, mul(self.unit, along)), self.root)


theta = config.get("rope_theta") or config["rope_parameters"]["rope_theta"]
angle = np.outer(np.arange(LENGTH), 1 / theta ** (np.arange(0, DIM, 2) / DIM))
cos, sin, backwards = constant(np.cos(angle)), constant(np.sin(angle)), constant(-np.sin(angle))
place = constant(np.tile(np.arange(LENGTH), (BATCH, 1)), np.int64)
rotate = lambda x, sign: node("RotaryEmbedding", x, place, cos, sign, domain="com.microsoft")
# The heads that share a key are stacked as rows, so keys and values are never repeated.
causal = constant(np.tile(np.where(np.tri(LENGTH), 0, -1e9), (GROUP, 1))[None, None])


class Layer:
    def __init__(self, index):
        p = f"model.layers.{index}."
        self.norm1, self.norm2 = Norm(p + "input_layernorm.weight"), Norm(p + "post_attention_layernorm.weight")
        self.q, self.k, self.v, self.o = (Linear(f"{p}self_attn.{n}_proj") for n in "qkvo")
        self.gate, self.up, self.down = (Linear(f"{p}mlp.{n}_proj") for n in ("gate", "up", "down"))

    def forward(self, x):
        h = self.norm1.forward(x)
        split = lambda t, heads: swap(reshape(t, BATCH, LENGTH, heads, DIM))
        self.qr = reshape(rotate(split(self.q.forward(h), HEADS), sin), BATCH, KV, GROUP * LENGTH, DIM)
        self.kr = rotate(split(self.k.forward(h), KV), sin)
        self.vh = split(self.v.forward(h), KV)
        self.p = node("Softmax", add(product(self.qr, self.kr, tb=1, alpha=DIM**-0.5), causal), axis=-1)
        mixed = reshape(node("MatMul", self.p, self.vh), BATCH, HEADS, LENGTH, DIM)
        x = add(x, self.o.forward(reshape(swap(mixed), ROWS, HEADS * DIM)))
        h = self.norm2.forward(x)
        self.g, self.u = self.gate.forward(h), self.up.forward(h)
        self.s = node("Sigmoid", self.g)
        self.act = mul(self.g, self.s)
        return add(x, self.down.forward(mul(self.act, self.u)))

    def backward(self, dy, first):
        dm = self.down.backward(dy)
        one = constant(1.0)
        slope = mul(self.s, add(one, mul(self.g, sub(one, self.s))))  # d silu
        du, dg = mul(dm, self.act), mul(mul(dm, self.u), slope)
        dx = add(dy, self.norm2.backward(add(self.up.backward(du), self.gate.backward(dg))))
        da = swap(reshape(self.o.backward(dx), BATCH, LENGTH, HEADS, DIM))
        da = reshape(da, BATCH, KV, GROUP * LENGTH, DIM)
        weighted = mul(self.p, product(da, self.vh, tb=1))
        dv = product(self.p, da, ta=1)
        ds = sub(weighted, mul(self.p, node("ReduceSum", weighted, last(), keepdims=1)))
        dq, dk = product(ds, self.kr, alpha=DIM**-0.5), product(ds, self.qr, ta=1, alpha=DIM**-0.5)
        join = lambda t, heads: reshape(swap(t), ROWS, heads * DIM)
        dq = join(rotate(reshape(dq, BATCH, HEADS, LENGTH, DIM), backwards), HEADS)
        dh = [
            self.q.backward(dq, not first),
            self.k.backward(join(rotate(dk, backwards), KV), not first),
            self.v.backward(join(dv, KV), not first),
        ]
        return None if first else add(dx, self.norm1.backward(add(add(dh[0], dh[1]), dh[2])))


embedding = frozen("model.embed_tokens.weight")
target = np.concatenate([ids[:, 1:], np.zeros((BATCH, 1), np.int64)], 1)
share = np.tile((np.arange(LENGTH) < LENGTH - 1) / (BATCH * (LENGTH - 1)), (BATCH, 1)).astype(np.float32)
fed("ids", ids.reshape(-1), TensorProto.INT64)
fed("targets", target.reshape(-1, 1), TensorProto.INT64)
fed("row_weights", share.reshape(-1, 1), TensorProto.FLOAT)

x = node("Gather", embedding, "ids")
layers = [Layer(i) for i in range(LAYERS)]
for layer in layers:
    x = layer.forward(x)
final = Norm("model.norm.weight")
x = final.forward(x)

losses, slopes = [], []
for start in range(0, ROWS, BLOCK):
    rows = lambda t: node("Slice", t, constant([start], np.int64), constant([start + BLOCK], np.int64), constant([0], np.int64))
    t, share = rows("targets"), rows("row_weights")
    p = node("Softmax", product(rows(x), embedding, tb=1), axis=-1)
    right = node("GatherElements", p, t, axis=1)
    losses.append(node("ReduceSum", mul(node("Neg", node("Log", right)), share), keepdims=0))
    error = node("ScatterElements", p, t, sub(right, constant(1.0)), axis=1)
    slopes.append(mul(node("MatMul", error, embedding), share))
loss = node("Sum", *losses)
d = final.backward(node("Concat", *slopes, axis=0) if len(slopes) > 1 else slopes[0])
for i in reversed(range(LAYERS)):
    d = layers[i].backward(d, first=i == 0)

# Leaves last, the first one needed with the highest index: ONNX Runtime starts its walk there.
graph = helper.make_graph(
    body + leaves[::-1], "lora_step", inputs,
    [helper.make_tensor_value_info(loss, TensorProto.FLOAT, [])]
    + [helper.make_tensor_value_info(g, TensorProto.FLOAT, feeds[p].shape) for p, g in gradients],
    initializers,
)
opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
(out / "weights.bin").unlink(missing_ok=True)
external_data_helper.convert_model_to_external_data(model, location="weights.bin", size_threshold=4096)
save_model(model, out / "model.onnx")

offset, table = 0, []
with open(out / "feeds.bin", "wb") as file:
    for name, array in feeds.items():
        dtype = "int64" if array.dtype == np.int64 else "float32"
        table.append({"name": name, "dtype": dtype, "shape": list(array.shape), "offset": offset, "bytes": array.nbytes})
        offset += file.write(array.tobytes())
parameters = sum(v.size for v in weights.values())
manifest = {"feeds": table, "loss": loss, "gradients": [{"of": p, "output": g} for p, g in gradients]}
(out / "feeds.json").write_text(json.dumps({**manifest, "rows": ROWS, "parameters": parameters}))
print(f"{len(body) + len(leaves)} nodes, {parameters} frozen parameters, {len(gradients)} gradients")
