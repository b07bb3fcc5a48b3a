"""The trained items network as the repository keeps it, so that a bundle can be made of it without training again.

    python3 -m train.checkpoint        from the cache's checkpoint to models/checkpoint/items.npz

Weights (the moving average) are float16: half the size, and the two copies in a bundle, of 32 bits and of 16, are then one network.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch

from .items_data import cache_dir

FILE = Path(__file__).resolve().parent.parent / "checkpoint" / "items.npz"
TOLD = ("step", "steps", "seed", "look", "seconds", "warm")


def rounded(weights):
    """Float32 weights that float16 can hold. Errors: ValueError where a value is too large for it."""
    out = {}
    for name, w in weights.items():
        half = np.asarray(w, np.float32).astype(np.float16)
        if not np.isfinite(half).all():
            raise ValueError(f"{name} has a value of {np.abs(w).max():.3g}, which float16 can't hold")
        out[name] = half
    return out


def save(state, file):
    """state: a checkpoint of train_items (or any that holds its keys)."""
    file.parent.mkdir(exist_ok=True)
    part = file.with_suffix(".part.npz")
    told = {k: state.get(k) for k in TOLD}
    np.savez_compressed(part, told=json.dumps(told), classes=json.dumps(state["classes"]), **rounded({f"net.{k}": v.numpy() for k, v in state["ema"].items()}))
    part.rename(file)


def load(file):
    """{ema: name → float32 tensor, classes, and what is told of the training}"""
    data = np.load(file)
    ema = {k[4:]: torch.from_numpy(data[k].astype(np.float32)) for k in data.files if k.startswith("net.")}
    return {"ema": ema, "classes": json.loads(str(data["classes"])), **json.loads(str(data["told"]))}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--run", default="cold", choices=["cold", "warm"], help="of train_items")
    save(torch.load(cache_dir() / f"items-{args.parse_args().run}.pt"), FILE)
    print(f"{FILE}: {FILE.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
