"""Train the items network: cosine-margin classification over all classes, hard triplets in the batch, and the side.

    python3 -m train.train_items --steps 2400        (goes on from its checkpoint where there is one)
"""
import argparse
import json
import math
import queue
import threading
import time

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from generate.photographs import data_dir
from .items_data import Batches, cache_dir, training_set
from .items_network import ItemsNetwork, cpu_has_bf16, load_imagenet

SCALE, MARGIN, TRIPLET_MARGIN = 24.0, 0.25, 0.2
EMA = 0.998


def hard_triplets(embedding, labels):
    """Farthest of the same class against the nearest of another, mean hinge over the batch."""
    d = 1 - embedding @ embedding.t()
    same = labels[:, None] == labels[None, :]
    far = (d - 9.0 * (~same)).max(1).values
    near = (d + 9.0 * same).min(1).values
    return F.relu(far - near + TRIPLET_MARGIN).mean()


def loss_of(net, crops, labels, sides, bf16):
    embedding, scores, side = net(crops, bf16)
    margin = torch.zeros_like(scores).scatter_(1, labels[:, None], MARGIN)
    loss = F.cross_entropy(SCALE * (scores - margin), labels, label_smoothing=0.05) + 0.5 * hard_triplets(embedding, labels)
    known = sides >= 0
    if known.any():
        loss = loss + 0.3 * F.cross_entropy(side[known], sides[known])
    return loss, (scores.argmax(1) == labels).float().mean().item()


def one_cycle(progress, rise=0.15):
    """Share of the top learning rate: a cosine up to 1 at `rise`, then down to almost nothing."""
    if progress < rise:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * progress / rise)) / 2
    return 1e-4 + (1 + math.cos(math.pi * (progress - rise) / (1 - rise))) / 2


def prefetch(batches, first, steps, px_at, depth=6):
    """Batches made in a thread beside the training (OpenCV and numpy let go of the lock)."""
    q = queue.Queue(depth)

    def work():
        cv2.setNumThreads(1)
        for i in range(first, steps):
            q.put((i, batches.batch(i, px_at(i))))
        q.put(None)
    threading.Thread(target=work, daemon=True).start()
    return iter(q.get, None)


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--steps", type=int, default=2400)
    args.add_argument("--small-share", type=float, default=0.4, help="share of the steps on 128 px crops, before 160 px")
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--save-every", type=int, default=200)
    a = args.parse_args()
    torch.manual_seed(a.seed)
    torch.set_num_threads(2)
    bf16 = cpu_has_bf16()
    entries, pictures = training_set()
    classes = sorted({e.cls for e in entries if e.split == "train"})
    (cache_dir() / "items-classes.json").write_text(json.dumps(classes))
    net = ItemsNetwork(len(classes)).to(memory_format=torch.channels_last)
    load_imagenet(net.trunk, str(data_dir() / "weights" / "mobilenet_v2_1.0_224_imagenet.onnx"))
    ema = {k: v.clone() for k, v in net.state_dict().items()}
    heads = [p for n, p in net.named_parameters() if not n.startswith("trunk")]
    opt = torch.optim.AdamW([{"params": net.trunk.parameters(), "top": 3e-4}, {"params": heads, "top": 3e-3}], weight_decay=0.02)
    file, first, spent = cache_dir() / "items.pt", 0, 0.0
    if file.is_file():
        state = torch.load(file)
        if state["classes"] != classes:
            raise SystemExit(f"{file} belongs to another run (its classes differ): move it away")
        net.load_state_dict(state["net"])
        opt.load_state_dict(state["opt"])
        for group, top in zip(opt.param_groups, (3e-4, 3e-3)):
            group["top"] = top
        ema, first, spent = state["ema"], state["step"], state["seconds"]
    px_at = lambda i: 128 if i < a.small_share * a.steps else 160
    batches = Batches(entries, pictures, classes, a.seed)
    start, seen, mean, right = time.time(), 0, 0.0, 0.0
    print(f"{len(classes)} classes, {sum(e.split == 'train' for e in entries)} cut-outs, steps {first}..{a.steps}, bf16 {bf16}", flush=True)
    for i, (crops, labels, sides) in prefetch(batches, first, a.steps, px_at):
        x = torch.from_numpy(crops).contiguous(memory_format=torch.channels_last)
        loss, acc = loss_of(net, x, torch.from_numpy(labels), torch.from_numpy(sides), bf16)
        if not torch.isfinite(loss):
            raise SystemExit(f"the loss is {loss.item()} at step {i}")
        opt.zero_grad()
        loss.backward()
        for group in opt.param_groups:
            group["lr"] = group["top"] * one_cycle(i / a.steps)
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        opt.step()
        keep = min(EMA, (i + 1) / (i + 20))
        with torch.no_grad():
            for k, v in net.state_dict().items():
                ema[k].lerp_(v, 1 - keep)
        seen, mean, right = seen + len(crops), mean + loss.item(), right + acc
        if (i + 1) % 50 == 0:
            print(f"step {i + 1}/{a.steps} loss {mean / 50:.3f} right {right / 50:.3f} {seen / (time.time() - start):.0f} crops/s {px_at(i)} px {spent + time.time() - start:.0f} s", flush=True)
            mean = right = 0.0
        if (i + 1) % a.save_every == 0 or i + 1 == a.steps:
            part = file.with_suffix(".part")
            torch.save({"net": net.state_dict(), "opt": opt.state_dict(), "ema": ema, "step": i + 1,
                        "classes": classes, "seed": a.seed, "seconds": spent + time.time() - start}, part)
            part.rename(file)


if __name__ == "__main__":
    main()
