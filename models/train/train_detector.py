"""Train the detector on cached scenes, and measure it on held-back scenes and on the photographed boxed ones.

    python3 -m train.train_detector --minutes 12
"""
import argparse
import json
import time

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from generate.photographs import data_dir
from generate.station import LOOKS
from .detector_data import GRID_H, GRID_W, INPUT_H, INPUT_W, SIZE_UNIT, STRIDE, letterbox, scenes
from .detector_decode import decode, match
from .detector_network import DetectorNetwork
from .items_data import TRAINING_LOOK, cache_dir

HELD = 300
LEAST_VISIBLE = 0.25


def targets(boxes):
    """heat H×W, size 2×H×W, offset 2×H×W, weight H×W (1 at centres)."""
    heat, size, offset, weight = (np.zeros(s, np.float32) for s in ((GRID_H, GRID_W), (2, GRID_H, GRID_W), (2, GRID_H, GRID_W), (GRID_H, GRID_W)))
    ys, xs = np.mgrid[0:GRID_H, 0:GRID_W]
    for cx, cy, w, h, visible in boxes:
        gx, gy = cx / STRIDE - 0.5, cy / STRIDE - 0.5
        x, y = int(round(gx)), int(round(gy))
        if visible < LEAST_VISIBLE or not (0 <= x < GRID_W and 0 <= y < GRID_H):
            continue
        sigma = max(0.7, 0.10 * (w + h) / 2 / STRIDE)
        np.maximum(heat, np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * sigma * sigma)), out=heat)
        for yy in range(max(0, y - 1), min(GRID_H, y + 2)):  # neighbours learn it too: a peak may come out one cell off
            for xx in range(max(0, x - 1), min(GRID_W, x + 2)):
                mine = 1.0 if (xx, yy) == (x, y) else 0.3
                if mine > weight[yy, xx]:
                    weight[yy, xx] = mine
                    size[:, yy, xx] = w / SIZE_UNIT, h / SIZE_UNIT
                    offset[:, yy, xx] = gx - xx, gy - yy
        heat[y, x] = 1.0
    return heat, size, offset, weight


def augmented(picture, boxes, mask, rng):
    """Mirrored, scaled about the top left, recoloured. Boxes (cx, cy, w, h, visible)."""
    picture, boxes, mask = picture.copy(), boxes.copy(), mask.copy()
    if rng.uniform() < 0.5:
        picture, mask = picture[:, ::-1], mask[:, ::-1]
        boxes[:, 0] = INPUT_W - boxes[:, 0]
    if rng.uniform() < 0.5:
        picture, mask = picture[::-1], mask[::-1]
        boxes[:, 1] = INPUT_H - boxes[:, 1]
    if rng.uniform() < 0.6:
        k = rng.uniform(0.6, 1.35)
        tx, ty = rng.uniform(min(0, INPUT_W * (1 - k)), max(0, INPUT_W * (1 - k))), rng.uniform(min(0, INPUT_H * (1 - k)), max(0, INPUT_H * (1 - k)))
        m = np.float32([[k, 0, tx], [0, k, ty]])
        picture = cv2.warpAffine(np.ascontiguousarray(picture), m, (INPUT_W, INPUT_H), flags=cv2.INTER_LINEAR, borderValue=(127, 127, 127))
        g = np.float32([[k, 0, (tx + 0.5 * k * STRIDE) / STRIDE - 0.5], [0, k, (ty + 0.5 * k * STRIDE) / STRIDE - 0.5]])
        mask = cv2.warpAffine(np.ascontiguousarray(mask), g, (GRID_W, GRID_H), flags=cv2.INTER_LINEAR)
        inside = lambda c, s, n: np.clip(np.minimum(c + s / 2, n) - np.maximum(c - s / 2, 0), 0, None) / np.maximum(s, 1e-6)
        before = inside(boxes[:, 0], boxes[:, 2], INPUT_W) * inside(boxes[:, 1], boxes[:, 3], INPUT_H)
        boxes[:, :4] *= k
        boxes[:, 0] += tx
        boxes[:, 1] += ty
        after = inside(boxes[:, 0], boxes[:, 2], INPUT_W) * inside(boxes[:, 1], boxes[:, 3], INPUT_H)
        boxes[:, 4] *= np.clip(after / np.maximum(before, 1e-6), 0, 1)
    p = picture.astype(np.float32)
    p = (p - 127) * rng.uniform(0.7, 1.25) + 127 + rng.uniform(-25, 25)
    p *= (1 + rng.normal(0, 0.08, 3)).astype(np.float32)
    if rng.uniform() < 0.25:
        p = np.repeat(p.mean(2, keepdims=True), 3, 2)
    if rng.uniform() < 0.3:
        p = cv2.GaussianBlur(p, (0, 0), rng.uniform(0.3, 0.9))
    p += rng.normal(0, rng.uniform(0, 5), p.shape).astype(np.float32)
    return np.clip(p, 0, 255), boxes, mask


def loss_of(maps, heat, size, offset, weight, mask):
    p = torch.sigmoid(maps[:, 0]).clamp(1e-5, 1 - 1e-5)
    peak = heat > 0.999
    positive = -((1 - p) ** 2 * torch.log(p))[peak].sum()
    negative = -((1 - heat) ** 4 * p**2 * torch.log(1 - p))[~peak].sum()
    n = peak.sum().clamp(min=1)
    w = weight[:, None]
    s = (F.smooth_l1_loss(maps[:, 1:3], size, reduction="none", beta=0.05) * w).sum() / n
    o = (F.smooth_l1_loss(maps[:, 3:5], offset, reduction="none", beta=0.2) * w).sum() / n
    return (positive + negative) / n + 4.0 * s + 0.5 * o + F.binary_cross_entropy_with_logits(maps[:, 5], mask)


def to_input(rgb):
    return torch.from_numpy(np.ascontiguousarray(((np.asarray(rgb, np.float32) - 127.5) / 127.5).transpose(0, 3, 1, 2)))


def measure(net, pictures, truths):
    """Recall, precision and mean IoU at IoU ≥ 0.5. `truths`: boxes (cx, cy, w, h, visible) in input px; hidden ones are not asked for."""
    net.eval()
    hits = asked = found = 0
    total = 0.0
    with torch.no_grad():
        for picture, truth in zip(pictures, truths):
            h, s, o, _ = (t[0].numpy() for t in net(to_input(picture[None])))
            boxes = decode(h[0], s, o)
            truth = truth[truth[:, 4] >= 0.5]
            n, q = match(boxes, truth)
            hits, total, asked, found = hits + n, total + q, asked + len(truth), found + len(boxes)
    net.train()
    return {"pictures": len(pictures), "items": asked, "recall": round(hits / max(1, asked), 4), "precision": round(hits / max(1, found), 4), "iou": round(total / max(1, hits), 4)}


def boxed_scenes():
    """The photographed scenes with boxes, letterboxed. For testing only."""
    folder = data_dir() / "scenes" / "euro-boxed"
    pictures, truths = [], []
    for line in open(folder / "boxes.jsonl"):
        r = json.loads(line)
        rgb = cv2.imread(str(folder / r["image"]), cv2.IMREAD_COLOR)[..., ::-1]
        if rgb.shape[1] != r["width"] or rgb.shape[0] != r["height"]:
            raise SystemExit(f"{r['image']}: {rgb.shape[1]}×{rgb.shape[0]}, but its boxes are for {r['width']}×{r['height']}")
        picture, k = letterbox(rgb)
        pictures.append(picture)
        truths.append(np.array([[(b[0] + b[2] / 2) * k, (b[1] + b[3] / 2) * k, b[2] * k, b[3] * k, 1.0] for b in (i["box"] for i in r["items"])], np.float32).reshape(-1, 5))
    return pictures, truths


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--steps", type=int, default=2200)
    args.add_argument("--look", type=int, default=TRAINING_LOOK, choices=LOOKS, help="of the scenes")
    args.add_argument("--seed", type=int, default=1)
    a = args.parse_args()
    torch.manual_seed(a.seed)
    torch.set_num_threads(2)
    cv2.setNumThreads(1)
    pictures, boxes, counts, masks = scenes(look=a.look)
    net = DetectorNetwork().to(memory_format=torch.channels_last)
    opt = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(opt, 3e-3, total_steps=a.steps, pct_start=0.2)
    start, mean = time.time(), 0.0
    trained = len(pictures) - HELD
    for i in range(a.steps):
        rng = np.random.default_rng([a.seed, i, 8])
        batch = []
        for k in rng.integers(0, trained, 16):
            p, b, m = augmented(pictures[k], boxes[k, :counts[k]], masks[k], rng)
            batch.append((p, *targets(b), m.astype(np.float32) / 255))
        p, h, s, o, w, m = (np.stack(c) for c in zip(*batch))
        loss = loss_of(net.maps(to_input(p).contiguous(memory_format=torch.channels_last)), *(torch.from_numpy(v) for v in (h, s, o, w, m)))
        opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        opt.step()
        schedule.step()
        mean += loss.item()
        if (i + 1) % 100 == 0:
            print(f"step {i + 1}/{a.steps} loss {mean / 100:.3f} {time.time() - start:.0f} s", flush=True)
            mean = 0.0
        if (i + 1) % 500 == 0 or i + 1 == a.steps:
            torch.save({"net": net.state_dict(), "step": i + 1}, cache_dir() / "detector.pt")
    held = [boxes[k, :counts[k]] for k in range(trained, len(pictures))]
    report = {"held_back_scenes": measure(net, pictures[trained:], held), "euro_boxed": measure(net, *boxed_scenes()), "seconds": round(time.time() - start)}
    (cache_dir() / "detector-report.json").write_text(json.dumps(report, indent=1))
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
