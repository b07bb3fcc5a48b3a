"""The items network of an existing bundle, with what its trunk sees as a further output, and for pictures of any size.

    python3 -m train.add_features --bundle bundles/first

Weights and the other outputs stay as they are, to the last bit; twice does nothing more. A fresh export has this form already.
"""
import argparse
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from .export import CHANNELS, HERE, digest

AXES = {0: "N", 2: "H", 3: "W"}


def with_features(model):
    """The same network with symbolic height and width and the output `features` [N, 3840]: mean, maximum and generalised mean over the trunk's map."""
    graph = model.graph
    for at, name in AXES.items():
        graph.input[0].type.tensor_type.shape.dim[at].dim_param = name
    if any(o.name == "features" for o in graph.output):
        return model
    mean = next(n for n in graph.node if n.op_type == "ReduceMean")
    power = next(n for n in graph.node if n.op_type == "Pow")
    joined = next(n for n in graph.node if n.op_type == "Concat" and list(n.input) == [mean.output[0], power.output[0]])
    new = [helper.make_node("ReduceMax", [mean.input[0]], ["features/max"], axes=[2, 3], keepdims=0),
           helper.make_node("Concat", [mean.output[0], "features/max", power.output[0]], ["features"], axis=1)]
    at = list(graph.node).index(joined)
    for k, node in enumerate(new):
        graph.node.insert(at + k, node)
    graph.output.append(helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", 3 * CHANNELS]))
    onnx.checker.check_model(model)
    return model


def outputs_of(network, crops, folder):
    """{output: bytes} in the station's runtime."""
    crops.astype("<f4").tofile(f"{folder}/in.f32")
    subprocess.run(["node", str(HERE / "run_onnx.mjs"), str(network), "crops", ",".join(map(str, crops.shape)), f"{folder}/in.f32", folder], check=True)
    return {name: Path(folder, f"{name}.f32").read_bytes() for name in ("embedding", "scores", "side")}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", required=True)
    a = args.parse_args()
    file, listed = Path(a.bundle) / "items.onnx", Path(a.bundle) / "manifest.json"
    manifest = json.loads(listed.read_text())
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder) / "before.onnx"
        shutil.copy(file, before)
        onnx.save(with_features(onnx.load(str(file))), str(file))
        crops = np.random.default_rng(1).uniform(-1, 1, (4, 3, 160, 160))
        if outputs_of(before, crops, folder) != outputs_of(file, crops, folder):
            shutil.copy(before, file)
            raise SystemExit(f"{file}: another output than before at 160 px; the file is as it was")
    manifest["files"]["items.onnx"] = digest(file)
    manifest["networks"]["items"]["outputs"]["features"] = ["N", 3 * CHANNELS]
    manifest["gallery"]["networkSha256"] = manifest["files"]["items.onnx"]["sha256"]
    listed.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    print(f"{file}: features [N, {3 * CHANNELS}], sha256 {manifest['files']['items.onnx']['sha256'][:12]}; embedding, scores and side are the same bits")


if __name__ == "__main__":
    main()
