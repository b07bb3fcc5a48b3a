"""What the frozen trunk sees of each crop, kept once, so that a head trains in minutes.

    python3 -m train.features --bundle bundles/first        some ten minutes on two cores; goes on where it stopped

Crops are those that cups deliver (`train/composed.py`), varied a little, and of held-back coins also those that the station's own
pipeline cut (`items_seen.mjs`). The station looks at each item at four turns and takes the mean: so does this at the latter, and at two turns
at the former, of which there are many.
Where it is kept: the environment variable CUPCHECK_HEADS, or the folder `heads` in the cache.
"""
import argparse
import hashlib
import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from .augment import normalise, place, vary
from .composed import WIDE, bank
from .export import HERE, digest
from .gallery import NEUTRAL
from .items_data import cache_dir, group_of, training_set

PX = 160
VARIATIONS = {"us-types": 1, "world": 2, "foreign": 2, "known": 3, "sister": 1, "random": 1}  # of a banked crop; there are five views of each US photograph
GALLERY_TURNS = 2
SEEN = ("seen-photographs", "seen-rendered")


def heads_dir():
    """Where features, logs and curves are kept."""
    path = Path(os.environ.get("CUPCHECK_HEADS") or cache_dir() / "heads")
    path.mkdir(parents=True, exist_ok=True)
    return path


@dataclass(frozen=True)
class Views:
    """Features N×3840 and embeddings N×256 (of length 1), each the mean over some turns; `rows`: what each is of."""
    features: np.ndarray
    embedding: np.ndarray
    rows: list

    def where(self, keep):
        at = [i for i, r in enumerate(self.rows) if keep(r)]
        return Views(self.features[at], self.embedding[at], [self.rows[i] for i in at])


def pooled(net, x):
    """(features, embedding) of normalised crops or pictures: SPoC, MAC and GeM, one after the other."""
    maps = net.trunk(x)
    mean, gem = maps.mean((2, 3)), (maps * maps * maps + 1e-6).mean((2, 3)).pow(1 / 3)
    return torch.cat([mean, maps.amax((2, 3)), gem], 1), torch.nn.functional.normalize(net.embed(torch.cat([mean, gem], 1)), dim=1)


def both_ways(network, crops, said=""):
    """(features N×3840, embedding N×256 of length 1) of crops N×P×P×3 uint8, the mean of each as it lies and turned by 180°. `network`: an items.onnx."""
    features, e = _both_ways(network, crops, said)
    return features, e / np.linalg.norm(e, axis=1, keepdims=True)


def all_ways(network, crops, said=""):
    """The same, the mean over the four turns by quarters, as the station looks."""
    pairs = [_both_ways(network, np.rot90(crops, quarters, (1, 2)), said) for quarters in (0, 1)]
    features, e = ((one + other) / 2 for one, other in zip(*pairs))
    return features, e / np.linalg.norm(e, axis=1, keepdims=True)


def _both_ways(network, crops, said):
    with tempfile.TemporaryDirectory(dir=heads_dir()) as folder:
        with open(f"{folder}/in.f32", "wb") as f:
            for i in range(0, len(crops), 64):
                f.write(normalise(np.asarray(crops[i:i + 64])).astype("<f4").tobytes())
        print(f"{said}: {len(crops)} crops", flush=True)
        subprocess.run(["node", str(HERE / "features.mjs"), str(network), str(crops[0].shape[0]), f"{folder}/in.f32", folder], check=True)
        return tuple(np.fromfile(f"{folder}/{name}.f32", "<f4").reshape(len(crops), -1) for name in ("features", "embedding"))


def made_of(network, *inputs):
    """What views depend on, as a digest: the network's file, and whatever else JSON can hold."""
    return hashlib.sha256(Path(network).read_bytes() + json.dumps(inputs).encode()).hexdigest()


def kept(name, of, make):
    """The views of a set: read where they were made of the same (`made_of`), else made and written. `make` returns (features, embedding, rows)."""
    file = heads_dir() / f"{name}.npz"
    if not file.is_file() or str(np.load(file).get("of")) != of:
        features, embedding, rows = make()
        part = heads_dir() / f"{name}.part.npz"
        np.savez(part, features=features.astype(np.float16), embedding=embedding.astype(np.float32), rows=json.dumps(rows), of=of)
        part.rename(file)
    data = np.load(file)
    return Views(data["features"].astype(np.float32), data["embedding"], json.loads(str(data["rows"])))


def row_of(entry):
    return {"cls": entry.cls, "design": entry.design, "side": entry.side, "coin": entry.coin, "group": group_of(entry), "mm": entry.diameter_mm}


def composed_views(network, split, seed):
    """Crops of the composed bank of a split, varied as the station's outlines and lamps vary."""
    of, wide = bank(split, seed)
    entries, _ = training_set()
    rng = np.random.default_rng([seed, 51])
    jobs = [k for k, i in enumerate(of) for _ in range(VARIATIONS[group_of(entries[i])])]

    def make():
        cv2.setNumThreads(1)
        crops = [vary(wide[k], WIDE, PX, rng) for k in jobs]
        return *both_ways(network, crops, said=split), [row_of(entries[of[k]]) for k in jobs]
    return make


def seen_views(network, prefixes):
    """Single items of held-back coins as the station's own pipeline cut them; `design` is what lies there, null = nothing that the truth lists."""
    def make():
        crops, rows = [], []
        for prefix in prefixes:
            with open(f"{prefix}.jsonl") as f:
                part = [json.loads(line) for line in f]
            crops.append(np.fromfile(f"{prefix}.u8", np.uint8).reshape(len(part), 3, PX, PX).transpose(0, 2, 3, 1))
            for r in part:
                t = r["truth"] or {"design": None, "side": None, "coin": None, "set": None}
                rows.append({**{k: t[k] for k in ("design", "side", "coin", "set")}, "mm": r["diameterMm"], "cup": r["cup"], "outline": r["outline"], "pool": Path(prefix).name})
        return *all_ways(network, np.concatenate(crops), said="seen"), rows
    return make


def turned_crop(rgba, mm, turn, px=PX, px_per_mm=7.0):
    """A crop of a cut-out as a station would cut it, without any hardship, at one of its turns."""
    rgb, alpha = place(rgba, px, np.random.default_rng([turn, 7]), mm * px_per_mm, jitter=0.0)
    a = alpha[..., None]
    return np.clip(rgb * a + np.array(NEUTRAL, np.float32) * (1 - a), 0, 255).astype(np.uint8)


def gallery_entries(manifest, entries):
    """Entry number of each of the gallery's vectors."""
    at = {(e.coin, e.side, e.design): i for i, e in enumerate(entries)}
    return [next(at[v["coin"], c["side"], d] for d in c["designs"] if (v["coin"], c["side"], d) in at)
            for v in manifest["gallery"]["vectors"] for c in (manifest["classes"][v["class"]],)]


def gallery_views(network, manifest):
    """The gallery's coins, GALLERY_TURNS rows each."""
    def make():
        entries, pictures = training_set()
        numbers = gallery_entries(manifest, entries)
        crops = [turned_crop(pictures[i], entries[i].diameter_mm, t) for i in numbers for t in range(GALLERY_TURNS)]
        rows = [{**row_of(entries[i]), "class": v["class"]} for i, v in zip(numbers, manifest["gallery"]["vectors"]) for _ in range(GALLERY_TURNS)]
        return *both_ways(network, crops, said="gallery"), rows
    return make


def seen_items(bundle):
    """Views of all that the station found in the cups of held-back coins; `design` null = nothing of the truth lies there."""
    network, prefixes = Path(bundle) / "items.onnx", [str(cache_dir() / s) for s in SEEN]
    return kept("seen", made_of(network, [digest(f"{p}.jsonl") for p in prefixes]), seen_views(network, prefixes))


def all_views(bundle):
    """{seen, gallery, train, choosing}: Views, of the bundle's trunk."""
    network, manifest = Path(bundle) / "items.onnx", json.loads((Path(bundle) / "manifest.json").read_text())
    made = {"gallery": gallery_views(network, manifest),
            "choosing": composed_views(network, "choosing", 2), "train": composed_views(network, "train", 1)}
    views = {name: kept(name, made_of(network, manifest["gallery"]["vectors"] if name == "gallery" else None), make) for name, make in made.items()}
    return {**views, "seen": seen_items(bundle).where(lambda r: r["design"] is not None)}  # what no coin of the truth lies under is a detector's error, not an item


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", default="bundles/first")
    a = args.parse_args()
    for name, views in all_views(a.bundle).items():
        print(f"{name}: {len(views.rows)} views, {heads_dir()}/{name}.npz")


if __name__ == "__main__":
    main()
