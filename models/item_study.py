"""What limits single items: measured size, similarity to the own design, to others, of strangers; and what other rules would give.

    node models/items_seen.mjs CUPS PREFIX      first: crops and sizes as the station sees them, of `mixed` cups
    python3 item_study.py --seen PREFIX [--seen PREFIX2] [--bundle bundles/first]

Never run on cups of the split test-photo: what is chosen by it would no longer be tested by them.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch

from train.augment import normalise
from train.items_network import ItemsNetwork

PX = 160


def load_seen(prefixes):
    """(items, crops) of all prefixes."""
    rows, crops = [], []
    for prefix in prefixes:
        with open(f"{prefix}.jsonl") as f:
            part = [json.loads(line) for line in f]
        if any("test-photo" in json.dumps(r) for r in part[:1]):
            raise SystemExit(f"{prefix}: test cups are not for choosing")
        rows += part
        crops.append(np.fromfile(f"{prefix}.u8", np.uint8).reshape(len(part), 3, PX, PX).transpose(0, 2, 3, 1))
    return rows, np.concatenate(crops)


def embed_turned(net, crops, turns):
    """N×turns×D: each crop as it lies and turned by 90° steps."""
    out = []
    with torch.no_grad():
        for i in range(0, len(crops), 32):
            x = torch.from_numpy(normalise(crops[i:i + 32]))
            out.append(np.stack([net(torch.rot90(x, t, (2, 3)).contiguous(memory_format=torch.channels_last))[0].numpy() for t in range(turns)], 1))
    return np.concatenate(out)


def bundle_network(folder):
    """The items network of a bundle, with only the bundle's classes."""
    from train.warm import load_bundle
    manifest = json.loads((Path(folder) / "manifest.json").read_text())
    names = [c["id"] for c in manifest["classes"]]
    net = ItemsNetwork(len(names)).eval()
    load_bundle(net, folder, names, {n: n for n in names})
    vectors = np.fromfile(Path(folder) / manifest["gallery"]["file"], "<f4").reshape(-1, manifest["gallery"]["dim"])
    return net, manifest, vectors, np.array([v["class"] for v in manifest["gallery"]["vectors"]])
