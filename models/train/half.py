"""The items network with its weights in half precision: half the size, and each runtime that runs the other runs it.

    python3 -m train.half --bundle bundles/first       writes items.fp16.onnx beside it, and says how far it is off

Weights are kept as float16 and cast when the network is loaded; the arithmetic stays float32, for the CPU has no other.
"""
import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .add_features import outputs_of
from .export import digest

SMALL = 64  # numbers; fewer are not worth a node


def halved(model):
    """A copy with float16 initialisers and a cast behind each."""
    out = onnx.ModelProto()
    out.CopyFrom(model)
    graph, casts = out.graph, []
    for one in graph.initializer:
        values = numpy_helper.to_array(one)
        if one.data_type != TensorProto.FLOAT or values.size < SMALL:
            continue
        name, half = one.name, values.astype(np.float16)
        if not np.isfinite(half).all():
            raise SystemExit(f"{name} has a value of {np.abs(values).max():.3g}, which float16 can't hold: this network has no half copy")
        one.CopyFrom(numpy_helper.from_array(half, f"{name}/half"))
        casts.append(helper.make_node("Cast", [f"{name}/half"], [name], to=TensorProto.FLOAT))
    for k, node in enumerate(casts):
        graph.node.insert(k, node)
    onnx.checker.check_model(out)
    return out


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", required=True)
    a = args.parse_args()
    full, half, listed = (Path(a.bundle) / name for name in ("items.onnx", "items.fp16.onnx", "manifest.json"))
    onnx.save(halved(onnx.load(str(full))), str(half))
    crops = np.random.default_rng(1).uniform(-1, 1, (4, 3, 160, 160))
    with tempfile.TemporaryDirectory() as folder:
        one, other = (np.frombuffer(outputs_of(n, crops, folder)["embedding"], "<f4").reshape(4, -1) for n in (full, half))
    print(f"{half}: {half.stat().st_size / full.stat().st_size:.0%} of the size; smallest cosine between the embeddings of both {(one * other).sum(1).min():.6f}")
    manifest = json.loads(listed.read_text())
    manifest["files"][half.name] = digest(half)
    manifest["networks"]["items"]["half"] = half.name
    listed.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
