"""The items network with its weights, and what passes between its convolutions, in 8 bits: a quarter of the size.

    python3 -m train.eight_bit --bundle bundles/first       writes items.int8.onnx beside it, and says how far it is off

Weights have a scale for each output channel; activations one range each, measured on crops of training cups (`train.composed`'s bank)
in the station's runtime. The graph is written as QuantizeLinear and DequantizeLinear around each convolution and sum, which a runtime that
computes with integers fuses. Pooling and the matrices behind it compute with 32 bits, from weights of 8.
"""
import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .augment import CROP_SCALE, normalise
from .export import HERE, digest
from .gallery import PX
from .items_data import cache_dir

CROPS, AT_ONCE = 256, 32
MOST = 127  # of a weight in 8 bits
# Of the crops' extremes: a rare one must not take the resolution from the others.
SHARE = 0.999


def run(network, tensors, folder):
    """{output: bytes} of a network with one input, in the station's runtime."""
    name, values = tensors
    folder = Path(folder)
    values.astype("<f4").tofile(folder / "in.bin")
    for old in folder.glob("*.f32"):
        old.unlink()
    subprocess.run(["node", str(HERE / "run_onnx.mjs"), str(network), name, ",".join(map(str, values.shape)), str(folder / "in.bin"), str(folder)], check=True)
    return {file.stem: file.read_bytes() for file in folder.glob("*.f32")}


def copy_of(model):
    out = onnx.ModelProto()
    out.CopyFrom(model)
    return out


def without_padding_nodes(model, crops):
    """The same network; what only pads a convolution with zeros becomes its attribute, and what worked out the sizes goes."""
    out = copy_of(model)
    graph = out.graph
    pads = [n for n in graph.node if n.op_type == "Pad"]
    if not pads:
        return out
    asked = copy_of(model)
    del asked.graph.output[:]
    asked.graph.output.extend(helper.make_tensor_value_info(f"pad{k}", TensorProto.INT64, [8]) for k in range(len(pads)))
    asked.graph.node.extend(helper.make_node("Identity", [n.input[1]], [f"pad{k}"]) for k, n in enumerate(pads))
    with tempfile.TemporaryDirectory() as folder:
        onnx.save(asked, f"{folder}/asked.onnx")
        sizes = run(f"{folder}/asked.onnx", (graph.input[0].name, crops[:1]), folder)
    for k, pad in enumerate(pads):
        amounts = np.frombuffer(sizes[f"pad{k}"], "<i8")
        readers = [n for n in graph.node if pad.output[0] in n.input]
        if len(readers) != 1 or readers[0].op_type != "Conv" or any(amounts[[0, 1, 4, 5]]) or (len(pad.input) > 2 and pad.input[2]):
            raise SystemExit(f"{pad.name} does not only pad one convolution with zeros: this network has no 8-bit copy")
        at = next(a for a in readers[0].attribute if a.name == "pads")
        at.ints[:] = [int(have + more) for have, more in zip(at.ints, amounts[[2, 3, 6, 7]])]
        readers[0].input[0] = pad.input[0]
    needed, kept = {o.name for o in graph.output}, []
    for node in reversed(graph.node):
        if needed & set(node.output):
            kept.append(node)
            needed |= set(node.input)
    kept.reverse()
    del graph.node[:]
    graph.node.extend(kept)
    constants = [i for i in graph.initializer if i.name in needed]
    del graph.initializer[:]
    graph.initializer.extend(constants)
    return out


def passed_on(graph):
    """Tensors between integer operators: the input, what each convolution gives (behind its clip), and sums of those."""
    reader = {}
    for node in graph.node:
        for name in node.input:
            reader.setdefault(name, []).append(node)
    names = [graph.input[0].name]
    for node in graph.node:
        if node.op_type == "Conv":
            after = reader.get(node.output[0], [])
            names.append(after[0].output[0] if len(after) == 1 and after[0].op_type == "Clip" else node.output[0])
        elif node.op_type == "Add" and all(name in names for name in node.input):
            names.append(node.output[0])
    return names


def measured(model, crops):
    """{tensor: (least, most)} over the crops."""
    asked, names = copy_of(model), passed_on(model.graph)
    for k, name in enumerate(names):
        for kind in ("Min", "Max"):
            asked.graph.node.append(helper.make_node(f"Reduce{kind}", [name], [f"{kind}{k}"], axes=[1, 2, 3], keepdims=0))
            asked.graph.output.append(helper.make_tensor_value_info(f"{kind}{k}", TensorProto.FLOAT, ["N"]))
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        onnx.save(asked, f"{folder}/asked.onnx")
        for at in range(0, len(crops), AT_ONCE):
            parts.append(run(f"{folder}/asked.onnx", (model.graph.input[0].name, crops[at:at + AT_ONCE]), folder))
    column = lambda key: np.concatenate([np.frombuffer(p[key], "<f4") for p in parts])
    return {name: (min(0.0, float(np.quantile(column(f"Min{k}"), 1 - SHARE))), max(0.0, float(np.quantile(column(f"Max{k}"), SHARE))))
            for k, name in enumerate(names)}


def steps(least, most):
    """(scale, zero point) of uint8 over a range that holds zero."""
    scale = max(most - least, 1e-8) / 255
    return np.float32(scale), np.uint8(np.clip(round(-least / scale), 0, 255))


def rounded(weights, axis, least=1e-8):
    """(int8 weights, one scale a channel of the axis). `least`: no scale may be smaller."""
    others = tuple(k for k in range(weights.ndim) if k != axis)
    scales = np.maximum(np.abs(weights).max(others) / MOST, least).astype(np.float32)
    shape = [-1 if k == axis else 1 for k in range(weights.ndim)]
    return np.clip(np.round(weights / scales.reshape(shape)), -MOST, MOST).astype(np.int8), scales


def quantised(model, ranges):
    """A copy in 8 bits. `ranges`: what `measured` found on this network."""
    out = copy_of(model)
    graph = out.graph
    arrays = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    nodes, added, gone, scale_of = [], {}, set(), {}

    def dequantise(name, values, scales, zero, axis=None):
        for part, array in (("", values), ("/scale", scales), ("/zero", zero)):
            added[f"{name}/q{part}"] = array
        more = {} if axis is None else {"axis": axis}
        nodes.append(helper.make_node("DequantizeLinear", [f"{name}/q", f"{name}/q/scale", f"{name}/q/zero"], [f"{name}/dq"], **more))
        gone.add(name)
        return f"{name}/dq"

    def activation(name):
        """Writes the pair behind a tensor."""
        scale, zero = steps(*ranges[name])
        scale_of[name] = scale
        added[f"{name}/a/scale"], added[f"{name}/a/zero"] = np.array(scale), np.array(zero)
        nodes.append(helper.make_node("QuantizeLinear", [name, f"{name}/a/scale", f"{name}/a/zero"], [f"{name}/a/q"]))
        nodes.append(helper.make_node("DequantizeLinear", [f"{name}/a/q", f"{name}/a/scale", f"{name}/a/zero"], [f"{name}/a"]))

    activation(graph.input[0].name)
    for node in list(graph.node):
        new = onnx.NodeProto()
        new.CopyFrom(node)
        if node.op_type == "Conv":
            x, w, b = node.input
            # A channel without weights may still have a bias, which must fit into 32 bits of its scale.
            values, scales = rounded(arrays[w], 0, np.maximum(np.abs(arrays[b]) / scale_of[x] / 2**30, 1e-8))
            new.input[1] = dequantise(w, values, scales, np.zeros(len(scales), np.int8), 0)
            bias_scales = (scales * scale_of[x]).astype(np.float32)
            bias = np.round(arrays[b] / bias_scales.astype(np.float64)).astype(np.int32)
            new.input[2] = dequantise(b, bias, bias_scales, np.zeros(len(scales), np.int32), 0)
        elif node.op_type in ("Gemm", "MatMul") and node.input[1] in arrays:
            axis = 0 if any(a.name == "transB" and a.i for a in node.attribute) else 1
            values, scales = rounded(arrays[node.input[1]], axis)
            new.input[1] = dequantise(node.input[1], values, scales, np.zeros(len(scales), np.int8), axis)
        for k, name in enumerate(new.input):
            if name in scale_of:
                new.input[k] = f"{name}/a"
        nodes.append(new)
        for name in node.output:
            if name in ranges:
                activation(name)
    del graph.node[:]
    graph.node.extend(nodes)
    kept = [i for i in graph.initializer if i.name not in gone]
    del graph.initializer[:]
    graph.initializer.extend(kept + [numpy_helper.from_array(np.ascontiguousarray(v).reshape(v.shape), n) for n, v in added.items()])
    onnx.checker.check_model(out)
    return out


def eight_bit(model, crops):
    """A network with convolutions → its copy in 8 bits, by what it does with these crops (N×3×H×W, as it takes them)."""
    plain = without_padding_nodes(model, crops)
    return quantised(plain, measured(plain, crops))


def training_crops():
    """Crops of training cups, evenly over the bank."""
    from .composed import WIDE
    bank = np.load(cache_dir() / "composed-look2-train.npy", mmap_mode="r")
    chosen = bank[np.linspace(0, len(bank) - 1, CROPS).astype(int)]
    edge = round(bank.shape[1] * (1 - CROP_SCALE / WIDE) / 2)
    return normalise(np.stack([cv2.resize(c[edge:-edge, edge:-edge], (PX, PX), interpolation=cv2.INTER_AREA) for c in chosen]))


def add_to(folder, crops):
    """Writes the copy into a bundle's folder and lists it in the manifest; returns (share of the size, smallest cosine on the crops)."""
    full, copy, listed = (Path(folder) / name for name in ("items.onnx", "items.int8.onnx", "manifest.json"))
    onnx.save(eight_bit(onnx.load(str(full)), crops), str(copy))
    manifest = json.loads(listed.read_text())
    name = manifest["networks"]["items"]["input"]["name"]
    with tempfile.TemporaryDirectory() as scratch:
        one, other = (np.frombuffer(run(n, (name, crops[:AT_ONCE]), scratch)["embedding"], "<f4").reshape(min(AT_ONCE, len(crops)), -1) for n in (full, copy))
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    manifest["files"][copy.name] = digest(copy)
    manifest["networks"]["items"]["eightBit"] = copy.name
    listed.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    return copy.stat().st_size / full.stat().st_size, float(((one * other).sum(1) / lengths).min())


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", required=True)
    a = args.parse_args()
    size, cosine = add_to(a.bundle, training_crops())
    print(f"{a.bundle}/items.int8.onnx: {size:.0%} of the size; smallest cosine between the embeddings of both {cosine:.4f} (on crops that its ranges were measured on)")


if __name__ == "__main__":
    main()
