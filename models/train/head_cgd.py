"""The embedding of combined global descriptors (arXiv 1903.10663) on the frozen trunk, and its gallery.

    python3 -m train.head_cgd --bundle bundles/first [--ablate]

SPoC, MAC and GeM each go through a dense layer to 128 numbers of length 1; joined and brought to length 1 again. Trained with triplets over the
whole (weight a2) and, as in the paper, with a classification of the first descriptor alone (weight a1).
"""
import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from item_study import similarity
from .ablations import Table
from .export import CHANNELS
from .features import GALLERY_TURNS, all_views
from .fit import Standardised, fit, focal_cross_entropy
from .head_export import export_head
from .items_data import likest
from .metric import Bundle
from .separation import floor_of, lead, separation

EACH = 128
PARTS = ("SPoC", "MAC", "GeM")


@dataclass(frozen=True)
class Options:
    a1: float = 1.0              # cross-entropy of the first descriptor
    a2: float = 1.0              # triplets, or the contrastive loss
    pairs: str = "triplet"       # or contrastive
    margin: float = 0.2
    focal: float = 0.0           # gamma
    class_weights: bool = False  # rare classes count for more
    up_sampled: bool = True      # each class as often as any other; else as its pictures come
    rivals: bool = True          # classes that look alike meet in a batch
    hardest: bool = True         # of each item the farthest of its class and the nearest other; else all of the batch
    parts: tuple = PARTS         # descriptors used


class Cgd(nn.Module):
    """features N×3840 → descriptor N×(128 × parts) of length 1."""

    def __init__(self, features, parts=PARTS):
        super().__init__()
        self.at = [PARTS.index(p) * CHANNELS for p in parts]
        self.layers = nn.ModuleList(Standardised(features[:, a:a + CHANNELS], EACH) for a in self.at)

    def parts(self, features):
        out = []
        for at, layer in zip(self.at, self.layers):
            v = layer(features[:, at:at + CHANNELS])
            out.append(v / torch.sqrt((v * v).sum(1, keepdim=True) + 1e-12))
        return out

    def forward(self, features):
        v = torch.cat(self.parts(features), 1)
        return v / torch.sqrt((v * v).sum(1, keepdim=True) + 1e-12)


def pair_loss(descriptor, labels, options):
    """Triplets (hinge on cosine distances) or the contrastive loss, over a batch."""
    d = 1 - descriptor @ descriptor.t()
    same = labels[:, None] == labels[None, :]
    own = same & ~torch.eye(len(labels), dtype=torch.bool)
    if options.pairs == "contrastive":
        return (d[own]).mean() + F.relu(options.margin + 0.5 - d[~same]).pow(2).mean() * 10
    if options.hardest:
        far, near = (d - 9.0 * (~same)).max(1).values, (d + 9.0 * same).min(1).values
        return F.relu(far - near + options.margin).mean()
    gaps = F.relu(d[:, :, None] - d[:, None, :] + options.margin)
    return gaps[own[:, :, None] & ~same[:, None, :]].mean()


class Draw:
    """Batches of a training's rows: `classes` classes × `each` views, or rows as they come."""

    def __init__(self, labels, rivals, options, classes=32, each=4):
        self.labels, self.rivals, self.options, self.classes, self.each = labels, rivals if options.rivals else None, options, classes, each
        self.by_class = [np.where(labels == c)[0] for c in range(labels.max() + 1)]

    def __call__(self, rng):
        if not self.options.up_sampled:
            return rng.choice(len(self.labels), self.classes * self.each, replace=False)
        chosen = []
        while len(chosen) < self.classes:
            c = int(rng.integers(len(self.by_class)))
            met = [c] if self.rivals is None else [c, *rng.choice(self.rivals[c], 3, replace=False)]
            chosen += [int(m) for m in met if int(m) not in chosen]
        return np.concatenate([rng.choice(self.by_class[c], self.each, replace=len(self.by_class[c]) < self.each) for c in chosen[:self.classes]])


def class_numbers(rows):
    names = sorted({r["cls"] for r in rows})
    at = {n: i for i, n in enumerate(names)}
    return np.array([at[r["cls"]] for r in rows])


def train(views, options, name, epochs=16, steps=60, keep=True, rate=2e-3):
    """(network, losses by epoch)"""
    labels = class_numbers(views.rows)
    count = labels.max() + 1
    means = np.stack([views.embedding[labels == c].mean(0) for c in range(count)])
    mm = np.array([views.rows[int(np.where(labels == c)[0][0])]["mm"] for c in range(count)])
    rivals = likest(means / np.linalg.norm(means, axis=1, keepdims=True), mm) if count > 8 else None
    torch.manual_seed(3)
    net = Cgd(views.features, options.parts)
    aside = nn.Linear(EACH, count, bias=False)
    both = nn.ModuleList([net, aside])
    x, y = torch.from_numpy(views.features), torch.from_numpy(labels)
    weights = torch.from_numpy((1 / np.sqrt(np.bincount(labels))).astype(np.float32)) if options.class_weights else None
    if weights is not None:
        weights = weights / weights.mean()
    draw = Draw(labels, rivals, options, min(32, count))

    def loss_of(rng):
        at = torch.from_numpy(draw(rng))
        parts = net.parts(x[at])
        logits = 16 * F.linear(parts[0], F.normalize(aside.weight, dim=1))
        joined = F.normalize(torch.cat(parts, 1), dim=1)
        return options.a1 * focal_cross_entropy(logits, y[at], options.focal, weights, 0.1) + options.a2 * 4 * pair_loss(joined, y[at], options)
    return net, fit(name, both, loss_of, epochs, steps, rate=rate, keep=keep)


def gallery_of(net, gallery):
    """One row a coin, of length 1: the mean over the turns."""
    with torch.no_grad():
        v = net(torch.from_numpy(gallery.features)).numpy().reshape(-1, GALLERY_TURNS, EACH * len(net.at)).mean(1)
    return (v / np.linalg.norm(v, axis=1, keepdims=True)).astype("<f4")


def measured(bundle, sims, rows):
    """Separation of held-back items by their similarities to the classes, compared as the metric judge does."""
    truth, fits = bundle.truth(rows), bundle.fits([r["mm"] for r in rows])
    class_fits = bundle.class_fits(fits)
    return separation(lead(np.where(class_fits, sims, -1.0), bundle.holds, floor_of(sims, truth, class_fits)), truth, fits)


def note_floor(listed, bundle, sims, rows):
    """Into the manifest: how alike something must be to count as known."""
    floor = floor_of(sims, bundle.truth(rows), bundle.class_fits(bundle.fits([r["mm"] for r in rows])))
    manifest = json.loads(listed.read_text())
    cgd = manifest.setdefault("judges", {}).setdefault("cgd", {})
    cgd["unknownSimilarity"] = round(floor, 3)
    listed.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def held_back(bundle, net, views):
    with torch.no_grad():
        d = net(torch.from_numpy(views["seen"].features)).numpy()
    return measured(bundle, similarity(gallery_of(net, views["gallery"]), bundle.of_class, len(bundle.members), d, 2), views["seen"].rows)


SHIPPED = Options()
ABLATIONS = {
    "cross-entropy alone (a1 1, a2 0)": replace(SHIPPED, a2=0.0),
    "triplets alone (a1 0, a2 1)": replace(SHIPPED, a1=0.0),
    "a1 1, a2 0.3": replace(SHIPPED, a2=0.3),
    "a1 0.3, a2 1": replace(SHIPPED, a1=0.3),
    "contrastive instead of triplets": replace(SHIPPED, pairs="contrastive"),
    "all triplets, not the hardest": replace(SHIPPED, hardest=False),
    "like classes do not meet more often": replace(SHIPPED, rivals=False),
    "focal, gamma 2": replace(SHIPPED, focal=2.0),
    "class weights": replace(SHIPPED, class_weights=True),
    "class weights, no up-sampling": replace(SHIPPED, class_weights=True, up_sampled=False),
    "no up-sampling": replace(SHIPPED, up_sampled=False),
    "SPoC alone": replace(SHIPPED, parts=("SPoC",)),
    "MAC alone": replace(SHIPPED, parts=("MAC",)),
    "GeM alone": replace(SHIPPED, parts=("GeM",)),
    "SPoC and GeM": replace(SHIPPED, parts=("SPoC", "GeM")),
}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", default="bundles/first")
    args.add_argument("--ablate", action="store_true")
    a = args.parse_args()
    manifest, views = json.loads((Path(a.bundle) / "manifest.json").read_text()), all_views(a.bundle)
    bundle = Bundle(manifest)
    net, losses = train(views["train"], SHIPPED, "cgd")
    export_head(a.bundle, "cgd", net, "features", "descriptor", views["seen"].features[:16])
    gallery = gallery_of(net, views["gallery"])
    gallery.tofile(Path(a.bundle) / "cgd-gallery.f32")
    with torch.no_grad():
        sims = similarity(gallery, bundle.of_class, len(bundle.members), net(torch.from_numpy(views["seen"].features)).numpy(), 2)
    note_floor(Path(a.bundle) / "manifest.json", bundle, sims, views["seen"].rows)
    table = Table("cgd", "Combined global descriptors, compared with its gallery: the best class of the design less the best other one, or less a floor.")
    table.add("as shipped: a1 1, a2 1, hardest triplets, like classes meet, up-sampled", held_back(bundle, net, views), losses[-1])
    if a.ablate:
        vectors = np.fromfile(Path(a.bundle) / manifest["gallery"]["file"], "<f4").reshape(-1, manifest["gallery"]["dim"])
        sims = similarity(vectors, bundle.of_class, len(bundle.members), views["seen"].embedding, 2)
        table.add("for comparison: the items network's own embedding", measured(bundle, sims, views["seen"].rows))
        for option, options in ABLATIONS.items():
            tried, losses = train(views["train"], options, "cgd " + option, keep=False)
            table.add(option, held_back(bundle, tried, views), losses[-1])


if __name__ == "__main__":
    main()
