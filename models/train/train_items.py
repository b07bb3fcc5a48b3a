"""Train the items network: cosine-margin classification over all classes, hard triplets in the batch, and the side.

    python3 -m train.train_items                                  from ImageNet's weights
    python3 -m train.train_items --warm bundles/first --steps N   on from a bundle's
Either goes on from its checkpoint where there is one. At first it sees small crops of cut-outs; then large ones, most of them as cups
deliver them (`train/composed.py`), with classes that are taken for one another meeting in each batch. A warm run starts with the latter.
"""
import argparse
import json
import math
import queue
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from generate.photographs import data_dir
from generate.station import LOOKS
from .composed import WIDE, bank
from .export import bundle_classes, digest
from .items_data import TRAINING_LOOK, Batches, cache_dir, likest, training_set
from .items_network import SCALE, ItemsNetwork, cpu_has_bf16, load_imagenet
from .warm import class_means, load_bundle

MARGIN, TRIPLET_MARGIN = 0.25, 0.2
EMA = 0.998
# learning rates of trunk and heads at the top; steps up to it; share of the steps until it falls; steps on small crops of cut-outs; weight of the triplets
COLD = {"trunk": 3e-4, "heads": 3e-3, "rise": 285, "hold": 0.5, "small": 1500, "triplets": 0.5}
WARM = {"trunk": 1.5e-4, "heads": 1e-3, "rise": 60, "hold": 0.4, "small": 0, "triplets": 1.0}
FROZEN = 4  # layers of the trunk, up to a quarter of the picture's size: ImageNet's edges serve coins too, and a step takes two thirds of the time


def hard_triplets(embedding, labels):
    """Farthest of the same class against the nearest of another, mean hinge over the batch."""
    d = 1 - embedding @ embedding.t()
    same = labels[:, None] == labels[None, :]
    far = (d - 9.0 * (~same)).max(1).values
    near = (d + 9.0 * same).min(1).values
    return F.relu(far - near + TRIPLET_MARGIN).mean()


def loss_of(net, crops, labels, sides, bf16, triplets=0.5, margin=MARGIN):
    embedding, scores, side = net(crops, bf16)
    lead = torch.zeros_like(scores).scatter_(1, labels[:, None], margin)
    loss = F.cross_entropy(SCALE * (scores - lead), labels, label_smoothing=0.05) + triplets * hard_triplets(embedding, labels)
    known = sides >= 0
    if known.any():
        loss = loss + 0.3 * F.cross_entropy(side[known], sides[known])
    return loss, (scores.argmax(1) == labels).float().mean().item()


def share_of_top(step, steps, rise, hold):
    """Share of the top learning rate: up over `rise` of the steps, held until `hold`, then a cosine to almost nothing.

    While it is held nothing depends on `steps`: a run may be given other steps then, and is the same as if it had them from the start.
    """
    progress = step / steps
    if step < rise:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * step / rise)) / 2
    if progress < hold:
        return 1.0
    return 1e-4 + (1 + math.cos(math.pi * (progress - hold) / (1 - hold))) / 2


def prefetch(batches, first, steps, px, depth=6):
    """Batches made in a thread beside the training (OpenCV and numpy let go of the lock)."""
    q = queue.Queue(depth)

    def work():
        cv2.setNumThreads(1)
        for i in range(first, steps):
            q.put((i, batches.batch(i, px)))
        q.put(None)
    threading.Thread(target=work, daemon=True).start()
    return iter(q.get, None)


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--steps", type=int, default=1900)
    args.add_argument("--look", type=int, default=TRAINING_LOOK, choices=LOOKS, help="of the cups that crops are taken from")
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--save-every", type=int, default=100)
    args.add_argument("--warm", help="a bundle's folder: go on from its network (train/warm.py), with hard batches and crops from cups")
    a = args.parse_args()
    torch.manual_seed(a.seed)
    torch.set_num_threads(2)
    bf16 = cpu_has_bf16()
    recipe = WARM if a.warm else COLD
    entries, pictures = training_set()
    classes = sorted({e.cls for e in entries if e.split == "train"})
    (cache_dir() / "items-classes.json").write_text(json.dumps(classes))
    net = ItemsNetwork(len(classes)).to(memory_format=torch.channels_last)
    if a.warm:
        known = load_bundle(net, a.warm, classes, {c[0]: c[3] for c in bundle_classes(entries)})
        means, _ = class_means(net, entries, pictures, classes)
        with torch.no_grad():
            for row in set(range(len(classes))) - set(known):
                net.centres[row].copy_(torch.from_numpy(means[row]))
    else:
        load_imagenet(net.trunk, str(data_dir() / "weights" / "mobilenet_v2_1.0_224_imagenet.onnx"))
    net.trunk[:FROZEN].requires_grad_(False)
    net.train()
    warm_from = digest(Path(a.warm) / "items.onnx")["sha256"] if a.warm else None
    ema = {k: v.clone() for k, v in net.state_dict().items()}
    heads = [p for n, p in net.named_parameters() if not n.startswith("trunk")]
    trunk = list(net.trunk[FROZEN:].parameters())
    tops = recipe["trunk"], recipe["heads"]
    opt = torch.optim.AdamW([{"params": p, "top": top} for p, top in zip((trunk, heads), tops)], weight_decay=0.02)
    file, first, spent = cache_dir() / f"items-{'warm' if a.warm else 'cold'}.pt", 0, 0.0
    if file.is_file():
        state = torch.load(file)
        if state["classes"] != classes:
            raise SystemExit(f"{file} belongs to another run (its classes differ): move it away")
        if state["look"] != a.look:
            raise SystemExit(f"{file} belongs to a run on look {state['look']}, not {a.look}: move it away")
        net.load_state_dict(state["net"])
        opt.load_state_dict(state["opt"])
        for group, top in zip(opt.param_groups, tops):
            group["top"] = top
        ema, first, spent = state["ema"], state["step"], state["seconds"]
    crowded = min(recipe["small"], a.steps)  # the first step with large crops, cups and rivals
    while first < a.steps:
        extra, last = {}, crowded
        if first >= crowded:
            extra, last = {"rivals": likest(*class_means(net, entries, pictures, classes)), "composed": (*bank("train", 1, a.look), WIDE)}, a.steps
            net.train()
        batches, px = Batches(entries, pictures, classes, a.seed, **extra), 160 if extra else 128
        print(f"{len(classes)} classes, {sum(e.split == 'train' for e in entries)} cut-outs, steps {first}..{last} of {a.steps}, bf16 {bf16}, crops from cups {'yes' if extra else 'no'}", flush=True)
        start, seen, mean, right = time.time(), 0, 0.0, 0.0
        for i, (crops, labels, sides) in prefetch(batches, first, last, px):
            x = torch.from_numpy(crops).contiguous(memory_format=torch.channels_last)
            loss, acc = loss_of(net, x, torch.from_numpy(labels), torch.from_numpy(sides), bf16, recipe["triplets"])
            if not torch.isfinite(loss):
                raise SystemExit(f"the loss is {loss.item()} at step {i}")
            opt.zero_grad()
            loss.backward()
            for group in opt.param_groups:
                group["lr"] = group["top"] * share_of_top(i, a.steps, recipe["rise"], recipe["hold"])
            torch.nn.utils.clip_grad_norm_(trunk + heads, 5.0)
            opt.step()
            keep = min(EMA, (i + 1) / (i + 20))
            with torch.no_grad():
                for k, v in net.state_dict().items():
                    ema[k].lerp_(v, 1 - keep)
            seen, mean, right = seen + len(crops), mean + loss.item(), right + acc
            if (i + 1) % 50 == 0:
                print(f"step {i + 1}/{a.steps} loss {mean / 50:.3f} right {right / 50:.3f} {seen / (time.time() - start):.0f} crops/s {px} px {spent + time.time() - start:.0f} s", flush=True)
                mean = right = 0.0
            if (i + 1) % a.save_every == 0 or i + 1 == last:
                part = file.with_suffix(".part")
                torch.save({"net": net.state_dict(), "opt": opt.state_dict(), "ema": ema, "step": i + 1, "classes": classes, "seed": a.seed,
                            "warm": warm_from, "look": a.look, "steps": a.steps, "seconds": spent + time.time() - start}, part)
                part.rename(file)
        first, spent = last, spent + time.time() - start


if __name__ == "__main__":
    main()
