"""A network read back from a bundle's items.onnx, to go on from where a checkpoint is gone.

    python3 -m train.warm --bundle bundles/first        reads it back and compares it with the bundle in the station's runtime
"""
import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn as nn
from onnx import numpy_helper

from .augment import normalise
from .gallery import embed_coins, plain_crop
from .items_data import cache_dir
from .items_network import ItemsNetwork

COINS_A_CLASS = 6


def load_bundle(net, folder, trained, trained_class):
    """Fill the network from the bundle; returns the classes whose centre it knows. `trained_class`: manifest class id → trained class."""
    graph = onnx.load(str(Path(folder) / "items.onnx")).graph
    manifest = json.loads((Path(folder) / "manifest.json").read_text())
    arrays = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    pairs = [(arrays[n.input[1]], arrays[n.input[2]]) for n in graph.node if n.op_type == "Conv"]
    convs = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
    if len(convs) != len(pairs):
        raise SystemExit(f"{folder}/items.onnx has {len(pairs)} convolutions, wanted {len(convs)}")
    with torch.no_grad():
        for conv, (w, b) in zip(convs, pairs):
            conv.weight.copy_(torch.from_numpy(np.array(w)))
            conv.bias.copy_(torch.from_numpy(np.array(b)))
        for name, layer in (("net.embed", net.embed), ("net.side", net.side)):
            layer.weight.copy_(torch.from_numpy(np.array(arrays[name + ".weight"])))
            layer.bias.copy_(torch.from_numpy(np.array(arrays[name + ".bias"])))
        known, wanted = {}, (net.centres.shape[1], len(manifest["classes"]))
        centres = next(a for n, a in arrays.items() if a.shape == wanted)
        for column, one in enumerate(manifest["classes"]):
            known[trained.index(trained_class[one["id"]])] = column
        for row, column in known.items():
            net.centres[row].copy_(torch.from_numpy(np.array(centres[:, column])))
    return sorted(known)


def class_means(net, entries, pictures, trained, seed=11):
    """(C×D means of length 1 of a few training coins a class, C diameters in mm, 0 = unknown); cached, for a run that goes on."""
    file = cache_dir() / "class-means.npz"
    if file.is_file():
        data = np.load(file)
        return data["means"], data["mm"]
    rng, numbers = np.random.default_rng(seed), {c: [] for c in trained}
    for i, e in enumerate(entries):
        if e.split == "train":
            numbers[e.cls].append(i)
    picked = [rng.permutation(numbers[c])[:COINS_A_CLASS] for c in trained]
    flat = np.concatenate(picked)
    v = embed_coins(net, [pictures[i] for i in flat], [entries[i] for i in flat])
    ends = np.cumsum([len(p) for p in picked])
    means = np.stack([part.mean(0) for part in np.split(v, ends[:-1])])
    mm = np.array([entries[p[0]].diameter_mm for p in picked])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    np.savez(file, means=means, mm=mm)
    return means, mm


def main():
    from .export import bundle_classes, onnx_agrees
    from .items_data import training_set
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", default="bundles/first")
    a = args.parse_args()
    entries, pictures = training_set()
    trained = sorted({e.cls for e in entries if e.split == "train"})
    classes = bundle_classes(entries)
    net = ItemsNetwork(len(trained)).eval()
    load_bundle(net, a.bundle, trained, {c[0]: c[3] for c in classes})
    x = normalise(np.stack([plain_crop(pictures[i], 180, i) for i in range(0, 1600, 100)]))
    with torch.no_grad():
        e, s, side = net(torch.from_numpy(x))
    rows = [trained.index(c[3]) for c in classes]
    onnx_agrees(Path(a.bundle) / "items.onnx", "crops", x, {"embedding": e.numpy(), "scores": s.numpy()[:, rows], "side": side.numpy()})


if __name__ == "__main__":
    main()
