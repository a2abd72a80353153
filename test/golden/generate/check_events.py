"""Reads a trained model's runs/ with TensorBoard's own reader and compares it with metrics.jsonl.

    python check_events.py MODEL      (tensorboard 2.21.0; see requirements.txt)

The suite decodes event files with a reader of its own (test/util/tfevents.test.ts); this is the other side's word.
"""

import json
import struct
import sys

from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator


def f32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def main(model):
    events = EventAccumulator(f"{model}/runs", size_guidance={SCALARS: 0})
    events.Reload()
    wanted = {}
    with open(f"{model}/metrics.jsonl") as lines:
        for line in map(json.loads, lines):
            for name, value in line.items():
                if name == "update":
                    continue
                tag = f"eval/{name[5:]}" if name.startswith("eval_") else f"train/{name}"
                wanted.setdefault(tag, []).append((line["update"], f32(value)))
    found = {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    clock = {"train/tokens_per_second", "eval/seconds"}
    assert {tag: values for tag, values in found.items() if tag not in clock} == wanted, (found, wanted)
    print(f"{len(found)} tags, {sum(map(len, found.values()))} values: as in metrics.jsonl, no step twice")


main(*sys.argv[1:])
