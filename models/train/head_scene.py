"""One classifier over the whole picture of a cup: no detector, no items. It is here to be compared with.

    python3 -m generate.cups --split train --seed 71 --cups 1500 --kinds clean=7,one_impostor=3,unknown_design=1 --out SCENES …   (train/train_heads.sh)
    python3 -m train.head_scene --bundle bundles/first --scenes SCENES --held-back SCENES2 [--ablate]

The trunk looks at the picture scaled to 288 × 384 with its aspect kept; what is missing at the right or bottom is the fill. The last output is "not one design".
"""
import argparse
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn as nn

from .ablations import Table
from .augment import FILL
from .export import digest
from .features import kept, made_of, pooled
from .fit import Standardised, fit, focal_cross_entropy
from .head_export import export_head
from .metric import Bundle
from .separation import separation

HEIGHT, WIDTH = 288, 384
SAME_SIZE_MM = 1.0
HIDDEN = 48


@dataclass(frozen=True)
class Options:
    focal: float = 0.0
    turned: bool = True       # each picture upside down, too
    up_sampled: bool = True   # each answer as often as any other, but for "not one design", which is a third
    hidden: int = HIDDEN
    decay: float = 0.1


class Scene(nn.Module):
    """features N×3840 of whole pictures → logits N×(D+1)."""

    def __init__(self, features, designs, hidden=HIDDEN):
        super().__init__()
        self.first, self.last = Standardised(features, hidden), nn.Linear(hidden, designs + 1)

    def forward(self, features):
        return self.last(torch.relu(self.first(features)))


def whole(rgb):
    """288×384×3 float32: the picture in the top left corner, the rest the fill."""
    k = min(HEIGHT / rgb.shape[0], WIDTH / rgb.shape[1])
    out = np.full((HEIGHT, WIDTH, 3), FILL, np.float32)
    h, w = min(HEIGHT, round(rgb.shape[0] * k)), min(WIDTH, round(rgb.shape[1] * k))
    out[:h, :w] = cv2.resize(rgb, (w, h), interpolation=cv2.INTER_AREA)
    return out


def scene_views(net, folders):
    """Two rows a picture: as it is, and upside down."""
    def make():
        cv2.setNumThreads(1)
        features, embedding, rows, start = [], [], [], time.time()
        for folder in folders:
            with open(Path(folder) / "truth.jsonl") as f:
                truth = [json.loads(line) for line in f]
            for n, t in enumerate(truth):
                picture = (whole(cv2.imread(str(Path(folder) / t["image"]), cv2.IMREAD_COLOR)[..., ::-1]) - FILL) / FILL
                x = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None]
                with torch.no_grad():
                    f, e = pooled(net, torch.cat([x, x.flip(2, 3)]).contiguous(memory_format=torch.channels_last))
                features.append(f.numpy())
                embedding.append(e.numpy())
                rows += [{"design": t["design"], "expect": t["expect"], "kind": t["kind"], "turned": turned} for turned in (False, True)]
                if (n + 1) % 100 == 0:
                    print(f"{folder}: {n + 1}/{len(truth)} pictures, {time.time() - start:.0f} s", flush=True)
        return np.concatenate(features), np.concatenate(embedding), rows
    return make


def answers(bundle, rows):
    truth = bundle.truth(rows)
    return np.where(truth < 0, len(bundle.ids), truth)


def train(bundle, views, options, name, epochs=16, steps=40, size=128, keep=True):
    views = views if options.turned else views.where(lambda r: not r["turned"])
    y = answers(bundle, views.rows)
    groups = [g for g in (np.where(y == d)[0] for d in range(len(bundle.ids))) if len(g)]
    bad = np.where(y == len(bundle.ids))[0]
    torch.manual_seed(3)
    net = Scene(views.features, len(bundle.ids), options.hidden)
    x, wanted = torch.from_numpy(views.features), torch.from_numpy(y)

    def loss_of(rng):
        if options.up_sampled and len(bad):
            at = np.concatenate([[rng.choice(groups[g]) for g in rng.integers(len(groups), size=size - size // 3)], rng.choice(bad, size // 3)]).astype(int)
        else:
            at = rng.choice(len(y), size)
        at = torch.from_numpy(at)
        return focal_cross_entropy(net(x[at]), wanted[at], options.focal)
    return net, fit(name, net, loss_of, epochs, steps, keep=keep, decay=options.decay)


def held_back(bundle, net, views):
    upright = views.where(lambda r: not r["turned"])
    with torch.no_grad():
        scores = torch.log_softmax(net(torch.from_numpy(upright.features)), 1).numpy()[:, :-1]
    ordered = np.array([bundle.ids.index(r["expect"]) for r in upright.rows])
    asked = np.abs(bundle.mm[None, :] - bundle.mm[ordered][:, None]) <= SAME_SIZE_MM
    return separation(scores, bundle.truth(upright.rows), asked)


SHIPPED = Options()
ABLATIONS = {
    "pictures only as they are": replace(SHIPPED, turned=False),
    "no up-sampling": replace(SHIPPED, up_sampled=False),
    "focal, gamma 2": replace(SHIPPED, focal=2.0),
    "little weight decay": replace(SHIPPED, decay=0.01),
}


def main():
    from item_study import bundle_network
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", default="bundles/first")
    args.add_argument("--scenes", action="append", required=True, help="cups of the split train")
    args.add_argument("--held-back", action="append", required=True, help="cups of the split choosing")
    args.add_argument("--ablate", action="store_true")
    a = args.parse_args()
    trunk, manifest, _, _ = bundle_network(a.bundle)
    bundle = Bundle(manifest)
    trunk = trunk.to(memory_format=torch.channels_last)
    of = lambda folders: made_of(Path(a.bundle) / "items.onnx", [digest(Path(f) / "truth.jsonl") for f in folders])
    views, seen = kept("scenes-train", of(a.scenes), scene_views(trunk, a.scenes)), kept("scenes-held-back", of(a.held_back), scene_views(trunk, a.held_back))
    net, losses = train(bundle, views, SHIPPED, "scene")
    export_head(a.bundle, "scene", net, "features", "designs", seen.features[:1], batches=False)
    table = Table("scene", f"Whole cups of held-back coins, of which {sum(r['design'] is None for r in seen.rows) // 2} are not one design; the wrong answer to a cup is the likeliest wrong design of its size.")
    table.add("as shipped: upside down too, up-sampled, much weight decay", held_back(bundle, net, seen), losses[-1])
    if a.ablate:
        for option, options in ABLATIONS.items():
            tried, losses = train(bundle, views, options, "scene " + option, keep=False)
            table.add(option, held_back(bundle, tried, seen), losses[-1])


if __name__ == "__main__":
    main()
