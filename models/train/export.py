"""Checkpoints to a bundle: ONNX networks, gallery, manifest. It knows no item until `train/choose.py` has written what is alike
enough, and covers no design until `calibrate.py` has written the thresholds.

    python3 -m train.export --out bundles/first
"""
import argparse
import datetime
import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn

from generate.designs import KNOWN
from generate.photographs import diameters_mm
from .augment import CROP_SCALE, FILL, normalise
from .detector_network import DetectorNetwork, fused
from . import checkpoint
from .gallery import embed_coins, medoids, plain_crop
from .items_data import cache_dir, training_set
from .items_network import DIM, SCALE, ItemsNetwork

HERE = Path(__file__).resolve().parent
BATCHES = [1, 4, 8, 16]
EXEMPLARS = 8
TOLERANCE = 1e-4
CHANNELS = 1280  # of the trunk's map
ITEMS_OUTPUTS = ("embedding", "scores", "side", "features")


class ItemsExport(nn.Module):
    """The items network with only the bundle's classes, and no operator that depends on the batch's size or the picture's.

    Its last output is what the trunk sees: mean (SPoC), maximum (MAC) and generalised mean (GeM) over its map, one after the other.
    """

    def __init__(self, net, rows):
        super().__init__()
        self.net = net
        w = net.centres.detach()[rows]
        self.register_buffer("weights", (w / w.norm(dim=1, keepdim=True)).t().contiguous())

    def forward(self, crops):
        maps = self.net.trunk(crops)
        mean, gem = maps.mean((2, 3)), (maps * maps * maps + 1e-6).mean((2, 3)).pow(1 / 3)
        seen = torch.cat([mean, gem], 1)
        e = self.net.embed(seen)
        e = e / torch.sqrt((e * e).sum(1, keepdim=True) + 1e-12)
        return e, e @ self.weights, self.net.side(seen), torch.cat([mean, maps.amax((2, 3)), gem], 1)


def load_items():
    """The network that the repository keeps (train/checkpoint.py)."""
    state = checkpoint.load(checkpoint.FILE)
    net = ItemsNetwork(len(state["classes"]))
    net.load_state_dict(state["ema"])
    return net.eval(), state["classes"], state


def load_detector():
    state = torch.load(cache_dir() / "detector.pt")
    net = DetectorNetwork()
    net.load_state_dict(state["net"])
    return fused(net)


def bundle_classes(entries):
    """[(class id, side, designs, trained class)] in the manifest's order. Designs that share a picture at one size share a class;
    at different sizes each has its own, because its size tells it."""
    out = []
    for d in sorted({e.design for e in entries if e.set == "us-types"}):
        for side in ("obverse", "reverse"):
            out.append((f"{d}/{side}", side, [d], f"{d}/{side}"))
    for d in KNOWN:
        for side in ("obverse", "reverse"):
            trained = d.class_name(side)
            same = [o.id for o in KNOWN if o.class_name(side) == trained and o.diameter_mm == d.diameter_mm]
            name = trained if len(same) > 1 else f"{d.id}/{side}"
            if not any(c[0] == name for c in out):
                out.append((name, side, same, trained))
    return out


def bundle_designs():
    mm = diameters_mm()
    rows = [(d, d, mm[d], None, "photographs") for d in sorted(mm)]
    rows += [(d.id, d.name, d.diameter_mm, d.family or None, "rendered") for d in KNOWN]
    return {r[0]: {"id": r[0], "name": r[1], "diameterMm": r[2], "toleranceMm": round(max(0.6, 0.03 * r[2]), 2), "minPxPerMm": round(max(4.5, 90 / r[2]), 2),
                   "family": r[3], "threshold": r[4], "origin": r[4]} for r in rows}


def build_gallery(net, classes, entries, pictures):
    """(vectors N×256, [{class, coin}]): up to eight exemplars a class, of training coins only."""
    vectors, names = [], []
    for number, (_, side, designs, _) in enumerate(classes):
        members = [i for i, e in enumerate(entries) if e.split == "train" and e.side == side and e.design in designs and e.set != "world"]
        if not members:
            raise SystemExit(f"class {classes[number][0]}: no training coin")
        v = embed_coins(net, [pictures[i] for i in members], [entries[i] for i in members])
        for k in medoids(v, EXEMPLARS):
            vectors.append(v[k])
            names.append({"class": number, "coin": entries[members[k]].coin})
    return np.stack(vectors).astype("<f4"), names


def onnx_agrees(file, name, x, wanted):
    """Largest difference between the ONNX file in the station's runtime and torch."""
    with tempfile.TemporaryDirectory() as folder:
        x.astype("<f4").tofile(f"{folder}/in.f32")
        subprocess.run(["node", str(HERE / "run_onnx.mjs"), str(file), name, ",".join(map(str, x.shape)), f"{folder}/in.f32", folder], check=True)
        worst = {}
        for key, value in wanted.items():
            got = np.fromfile(f"{folder}/{key}.f32", "<f4").reshape(value.shape)
            worst[key] = float(np.abs(got - value).max())
    print(f"{file.name}, batch {x.shape[0]}: largest difference from torch " + ", ".join(f"{k} {v:.1e}" for k, v in worst.items()))
    if max(worst.values()) > TOLERANCE:
        raise SystemExit(f"{file}: differs from torch by {max(worst.values()):.2e}, allowed {TOLERANCE:.0e}")


def export_detector(out):
    """The detector of the checkpoint; without one the bundle's own stays as it is."""
    if not (cache_dir() / "detector.pt").is_file():
        if not (out / "detector.onnx").is_file():
            raise SystemExit(f"neither {cache_dir()}/detector.pt nor {out}/detector.onnx is there: run train.train_detector first")
        print(f"{out}/detector.onnx stays: no checkpoint of a detector in {cache_dir()}")
        return
    detector = load_detector()
    torch.onnx.export(detector, torch.zeros(1, 3, 240, 320), str(out / "detector.onnx"), opset_version=13, input_names=["image"], output_names=["heat", "size", "offset", "mask"])
    x = np.random.default_rng(4).uniform(-1, 1, (1, 3, 240, 320)).astype(np.float32)
    with torch.no_grad():
        wanted = {k: v.numpy() for k, v in zip(("heat", "size", "offset", "mask"), detector(torch.from_numpy(x)))}
    onnx_agrees(out / "detector.onnx", "image", x, wanted)


def digest(path):
    data = Path(path).read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def commit_id():
    return subprocess.run(["git", "-C", str(HERE), "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--out", default=str(HERE.parent / "bundles" / "first"))
    args.add_argument("--version", default="3.1.0")
    a = args.parse_args()
    torch.set_num_threads(2)
    out = Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    entries, pictures = training_set()
    net, trained, run = load_items()
    classes = bundle_classes(entries)
    rows = [trained.index(c[3]) for c in classes]
    items = ItemsExport(net, rows).eval()
    torch.onnx.export(items, torch.zeros(1, 3, 160, 160), str(out / "items.onnx"), opset_version=13, input_names=["crops"], output_names=list(ITEMS_OUTPUTS),
                      dynamic_axes={"crops": {0: "N", 2: "H", 3: "W"}, **{n: {0: "N"} for n in ITEMS_OUTPUTS}})
    some = np.random.default_rng(3).choice(len(pictures), 16, replace=False)
    x = normalise(np.stack([plain_crop(pictures[i], 180, int(i)) for i in some]))
    for n in BATCHES:
        with torch.no_grad():
            e, s, side = net(torch.from_numpy(x[:n]))
            features = items(torch.from_numpy(x[:n]))[3]
        onnx_agrees(out / "items.onnx", "crops", x[:n], {"embedding": e.numpy(), "scores": s.numpy()[:, rows], "side": side.numpy(), "features": features.numpy()})
    export_detector(out)
    vectors, names = build_gallery(net, classes, entries, pictures)
    vectors.tofile(out / "gallery.f32")
    designs = bundle_designs()
    used = sorted({d for c in classes for d in c[2]})
    neighbours = 2
    (out / "LICENCES.md").write_text((HERE / "LICENCES.md").read_text())
    files = {f: digest(out / f) for f in ("detector.onnx", "items.onnx", "gallery.f32", "LICENCES.md")}
    manifest = {
        "schema": 1, "name": "first", "version": a.version, "minDaemon": "0.1.0",
        "created": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "files": files,
        "networks": {
            "detector": {"file": "detector.onnx", "input": {"name": "image", "shape": [1, 3, 240, 320], "type": "float32", "color": "rgb", "mean": FILL, "std": FILL},
                         "outputs": {"heat": [1, 1, 60, 80], "size": [1, 2, 60, 80], "offset": [1, 2, 60, 80], "mask": [1, 1, 60, 80]},
                         "batches": [1], "stride": 4, "peakThreshold": 0.3},
            "items": {"file": "items.onnx", "input": {"name": "crops", "shape": ["N", 3, 160, 160], "type": "float32", "color": "rgb", "mean": FILL, "std": FILL},
                      "cropScale": CROP_SCALE, "fill": FILL, "outputs": {"embedding": ["N", DIM], "scores": ["N", len(classes)], "side": ["N", 2], "features": ["N", 3 * CHANNELS]}, "batches": BATCHES}},
        "classes": [{"id": c, "side": s, "designs": d} for c, s, d, _ in classes],
        "designs": [designs[d] for d in used],
        "gallery": {"file": "gallery.f32", "dim": DIM, "networkSha256": files["items.onnx"]["sha256"], "vectors": names},
        "judges": {"softmax": {"scale": SCALE}},
        "judge": {"name": "metric", "neighbours": neighbours, "unknownSimilarity": 1.0},
        "thresholds": {"photographs": {"score": None, "evidence": None}, "rendered": {"score": None, "evidence": None}},
        "quality": {"maxRimWidthMm": 0.9, "minLuma": 40, "maxClippedShare": 0.2, "maxMotion": 4.0},
        "provenance": {"commit": commit_id(), "command": "models/train_all.sh", "data": "photographs of the folder CUPCHECK_DATA, splits as in its index.csv; rendered designs of models/generate",
                       "seeds": {"items": run["seed"], "detector": 1}, "steps": {"items": run["step"]}, "seconds": {"items": round(run["seconds"])}, "warm": run["warm"],
                       "weights": "MobileNetV2 1.0 ImageNet, google-coral/test_data, Apache-2.0"}}
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    print(f"{out}: {len(classes)} classes, {len(used)} designs, {len(names)} exemplars, {sum(f['bytes'] for f in files.values()) / 1e6:.1f} MB; knows nothing until train.choose has run")


if __name__ == "__main__":
    main()
