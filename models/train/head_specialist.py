"""The second stage for classes that are taken for one another: an embedding of larger crops, and a verifier of pairs.

    python3 -m train.confusions --bundle bundles/first         first: which classes
    python3 -m train.head_specialist --bundle bundles/first [--ablate]

The specialist (features → 128 numbers of length 1) is trained with triplets within the groups. The verifier takes two such descriptors, one after
the other, and says whether they are of one class; their order says nothing.
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
from .features import GALLERY_TURNS, Views, all_views
from .fit import Standardised, fit
from .head_export import export_head
from .metric import Bundle
from .separation import separation
from .specialist_views import specialist_views

DIM, HIDDEN = 128, 96


@dataclass(frozen=True)
class Options:
    a1: float = 1.0        # classification within the group
    a2: float = 1.0        # triplets within the group
    margin: float = 0.3
    hardest: bool = True   # the farthest of the class and the nearest of the group's others; else their means


class Specialist(nn.Module):
    """features N×3840 → descriptor N×128 of length 1."""

    def __init__(self, features):
        super().__init__()
        self.first, self.last = Standardised(features, HIDDEN), nn.Linear(HIDDEN, DIM)

    def forward(self, features):
        v = self.last(torch.relu(self.first(features)))
        return v / torch.sqrt((v * v).sum(1, keepdim=True) + 1e-12)


class Verifier(nn.Module):
    """pair N×256 (two descriptors) → logit N×1 of "the same class": it sees only their difference's size and their product."""

    def __init__(self, hidden=64):
        super().__init__()
        self.first, self.last = nn.Linear(2 * DIM, hidden), nn.Linear(hidden, 1)

    def forward(self, pair):
        a, b = pair[:, :DIM], pair[:, DIM:]
        return self.last(torch.relu(self.first(torch.cat([torch.abs(a - b), a * b], 1) * 8)))


class Groups:
    """Where each class stands: its place among all grouped classes, and its group."""

    def __init__(self, bundle, groups):
        self.classes = [c for g in groups for c in g]
        self.at = {c: i for i, c in enumerate(self.classes)}
        self.group = np.array([k for k, g in enumerate(groups) for _ in g])
        self.bundle = bundle

    def labels(self, rows):
        return np.array([self.at[c] for c in self.bundle.classes(rows)])


def class_batches(labels, group, each=6, most=4):
    """A drawing of a few groups, `each` views of each of their classes."""
    members = [np.where(labels == c)[0] for c in range(len(group))]

    def draw(rng):
        chosen = rng.choice(group.max() + 1, min(most, group.max() + 1), replace=False)
        return np.concatenate([rng.choice(members[c], each) for g in chosen for c in np.where(group == g)[0] if len(members[c])])
    return draw


def train(views, labels, group, options, name, epochs=14, steps=60, keep=True):
    torch.manual_seed(3)
    net, centres = Specialist(views.features), nn.Linear(DIM, len(group), bias=False)
    x, y, of = torch.from_numpy(views.features), torch.from_numpy(labels), torch.from_numpy(group)
    draw = class_batches(labels, group)

    def loss_of(rng):
        at = torch.from_numpy(draw(rng))
        v, own, mine = net(x[at]), y[at], of[y[at]]
        logits = (16 * v @ F.normalize(centres.weight, dim=1).t()).masked_fill(mine[:, None] != of[None, :], -1e4)
        d = 1 - v @ v.t()
        same, met = own[:, None] == own[None, :], mine[:, None] == mine[None, :]
        if options.hardest:
            far, near = (d - 9.0 * (~same)).max(1).values, (d + 9.0 * (same | ~met)).min(1).values
        else:
            far, near = (d * same).sum(1) / same.sum(1), (d * (met & ~same)).sum(1) / (met & ~same).sum(1).clamp(min=1)
        return options.a1 * F.cross_entropy(logits, own) + options.a2 * 4 * F.relu(far - near + options.margin).mean()
    return net, fit(name, nn.ModuleList([net, centres]), loss_of, epochs, steps, keep=keep, decay=0.1)


def descriptors(net, views):
    with torch.no_grad():
        return net(torch.from_numpy(views.features)).numpy()


def gallery_of(net, gallery):
    v = descriptors(net, gallery).reshape(-1, GALLERY_TURNS, DIM).mean(1)
    return (v / np.linalg.norm(v, axis=1, keepdims=True)).astype("<f4")


def train_verifier(v, labels, group, name="verifier", epochs=12, steps=60, size=256, keep=True):
    """`v`: descriptors N×128. Half of the pairs are of one class, half of two of one group."""
    torch.manual_seed(3)
    net, x = Verifier(), torch.from_numpy(v)
    members = [np.where(labels == c)[0] for c in range(len(group))]
    there = [c for c in range(len(group)) if len(members[c])]
    others = {c: [o for o in there if o != c and group[o] == group[c]] for c in there}
    there = [c for c in there if others[c]]

    def loss_of(rng):
        one = rng.choice(there, size)
        same = rng.uniform(size=size) < 0.5
        two = [c if s else rng.choice(others[c]) for c, s in zip(one, same)]
        pick = lambda classes: x[torch.from_numpy(np.array([rng.choice(members[c]) for c in classes]))]
        logits = net(torch.cat([pick(one), pick(two)], 1))[:, 0]
        return F.binary_cross_entropy_with_logits(logits, torch.from_numpy(same.astype(np.float32)))
    return net, fit(name, net, loss_of, epochs, steps, keep=keep)


def verified(net, v, gallery, of):
    """N×K: the mean of the two largest logits against each class's exemplars."""
    pairs = np.concatenate([np.repeat(v, len(gallery), 0), np.tile(gallery, (len(v), 1))], 1)
    with torch.no_grad():
        logits = net(torch.from_numpy(pairs)).numpy().reshape(len(v), len(gallery))
    return np.stack([np.sort(logits[:, of == c], 1)[:, -2:].mean(1) for c in range(of.max() + 1)], 1)


def measured(scores, labels, group):
    """Within the groups: the score of a class less that of the best other one of its group."""
    out = np.zeros_like(scores)
    for c in range(len(group)):
        rivals = (group == group[c]) & (np.arange(len(group)) != c)
        out[:, c] = scores[:, c] - scores[:, rivals].max(1)
    return separation(out, labels, group[labels][:, None] == group[None, :])


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", default="bundles/first")
    args.add_argument("--ablate", action="store_true")
    a = args.parse_args()
    manifest = json.loads((Path(a.bundle) / "manifest.json").read_text())
    vectors = np.fromfile(Path(a.bundle) / manifest["gallery"]["file"], "<f4").reshape(-1, manifest["gallery"]["dim"])
    groups = manifest.get("judges", {}).get("specialist", {}).get("groups")
    if not groups:
        raise SystemExit(f"{a.bundle}/manifest.json names no groups: run train.confusions first")
    bundle = Bundle(manifest)
    g = Groups(bundle, groups)
    items = all_views(a.bundle)["seen"]
    views = specialist_views(Path(a.bundle) / "items.onnx", bundle, groups, items.rows)
    both = [views["train"], views["gallery"]]  # cups' crops and plain ones
    views["train"] = Views(np.concatenate([v.features for v in both]), np.concatenate([v.embedding for v in both]), sum((v.rows for v in both), []))
    labels = {k: g.labels(v.rows) for k, v in views.items()}
    held_v, held_labels = ("seen", "choosing"), np.concatenate([labels["seen"], labels["choosing"]])
    of = g.labels([r for r in views["gallery"].rows[::GALLERY_TURNS]])

    def held_back(net):
        v = np.concatenate([descriptors(net, views[k]) for k in held_v])
        return v, measured(similarity(gallery_of(net, views["gallery"]), of, len(g.classes), v, 2), held_labels, g.group)
    net, losses = train(views["train"], labels["train"], g.group, Options(), "specialist")
    v, numbers = held_back(net)
    gallery = gallery_of(net, views["gallery"])
    verifier, verifier_losses = train_verifier(descriptors(net, views["train"]), labels["train"], g.group)
    export_head(a.bundle, "specialist", net, "features", "descriptor", views["seen"].features[:16])
    export_head(a.bundle, "verifier", verifier, "pair", "same", np.concatenate([v[:16], gallery[:16]], 1))
    gallery.tofile(Path(a.bundle) / "specialist-gallery.f32")
    about = f"Within the {len(groups)} groups of {len(g.classes)} classes at 224 px: the class's score less the best other one's of its group."
    table = Table("specialist", about)
    table.add("as shipped: a1 1, a2 1, hardest triplets of the group", numbers, losses[-1])
    pairs = Table("verifier", about + " Two descriptors of the specialist: the mean of the two surest exemplars.")
    pairs.add("as shipped", measured(verified(verifier, v, gallery, of), held_labels, g.group), verifier_losses[-1])
    if a.ablate:
        keep = [i for i, one in enumerate(manifest["gallery"]["vectors"]) if one["class"] in g.at]
        own = np.concatenate([views[k].embedding for k in held_v])
        at224 = views["gallery"].embedding.reshape(-1, GALLERY_TURNS, 256).mean(1)
        table.add("for comparison: the items network's own embedding at 224 px",
                  measured(similarity(at224 / np.linalg.norm(at224, axis=1, keepdims=True), of, len(g.classes), own, 2), held_labels, g.group))
        at = {(r["cup"], r["coin"], r["side"]): i for i, r in enumerate(items.rows)}
        small = items.embedding[[at[r["cup"], r["coin"], r["side"]] for r in views["seen"].rows]]
        table.add("for comparison: the same at 160 px, only items that the station saw",
                  measured(similarity(vectors[keep], of, len(g.classes), small, 2), labels["seen"], g.group))
        n = len(labels["seen"])
        table.add("as shipped, only items that the station saw", measured(similarity(gallery, of, len(g.classes), v[:n], 2), labels["seen"], g.group))
        for option, options in {"triplets alone": Options(a1=0.0), "cross-entropy alone": Options(a2=0.0), "all triplets, not the hardest": Options(hardest=False),
                                "a2 0.3": Options(a2=0.3), "margin 0.6": replace(Options(), margin=0.6)}.items():
            tried, losses = train(views["train"], labels["train"], g.group, options, "specialist " + option, keep=False)
            table.add(option, held_back(tried)[1], losses[-1])


if __name__ == "__main__":
    main()
