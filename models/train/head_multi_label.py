"""Sigmoid outputs by design, so that "could be both" and "none of these" can be said.

    python3 -m train.head_multi_label --bundle bundles/first [--ablate]

A side that several designs share is right for each of them; unknown designs and foreign objects are right for none.
"""
import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn

from .ablations import Table
from .features import all_views
from .fit import Standardised, fit, focal_sigmoid
from .head_export import export_head
from .metric import Bundle
from .separation import separation

HIDDEN = 64
NONE_GROUPS = ("world", "random", "sister", "foreign")  # what no bundle names


@dataclass(frozen=True)
class Options:
    focal: float = 2.0            # gamma
    class_weights: bool = False   # a yes counts as much as the noes of its design, rooted
    up_sampled: bool = True       # each class as often as any other
    hard: bool = False            # of each batch, the worst half counts
    none_share: float = 0.3       # of a batch: things that are none of the designs
    hidden: int = HIDDEN
    drop: float = 0.8             # share of the features left out of a step


class MultiLabel(nn.Module):
    """features N×3840 → logits N×D."""

    def __init__(self, features, designs, hidden=HIDDEN, drop=0.0):
        super().__init__()
        self.first, self.last = Standardised(features, hidden, drop), nn.Linear(hidden, designs)
        nn.init.constant_(self.last.bias, -3.0)

    def forward(self, features):
        return self.last(torch.relu(self.first(features)))


def wanted_of(bundle, rows):
    """N×D of 0 and 1: the designs that each row's side belongs to."""
    classes = bundle.classes(rows)
    return np.where((classes >= 0)[:, None], bundle.holds[np.maximum(classes, 0)], False).astype(np.float32)


def train(bundle, views, options, name, epochs=14, steps=60, size=192, keep=True):
    wanted, classes = wanted_of(bundle, views.rows), bundle.classes(views.rows)
    members = [m for m in (np.where(classes == c)[0] for c in range(len(bundle.members))) if len(m)]
    none = np.where(classes < 0)[0]
    torch.manual_seed(3)
    net = MultiLabel(views.features, wanted.shape[1], options.hidden, options.drop)
    x, y = torch.from_numpy(views.features), torch.from_numpy(wanted)
    yes = wanted.mean(0) + 1e-3
    weights = torch.from_numpy(np.sqrt((1 - yes) / yes).astype(np.float32)) if options.class_weights else None

    def rows(rng):
        if not options.up_sampled:
            return rng.choice(len(x), size)
        n = int(size * options.none_share) if len(none) else 0
        picked = [rng.choice(members[c]) for c in rng.integers(len(members), size=size - n)]
        return np.concatenate([picked, rng.choice(none, n)]).astype(int) if n else np.array(picked)

    def loss_of(rng):
        at = torch.from_numpy(rows(rng))
        logits = net(x[at])
        if options.hard:
            with torch.no_grad():
                each = nn.functional.binary_cross_entropy_with_logits(logits, y[at], reduction="none").sum(1)
                worst = each.topk(len(at) // 2).indices
            return focal_sigmoid(logits[worst], y[at][worst], options.focal, weights)
        return focal_sigmoid(logits, y[at], options.focal, weights)
    return net, fit(name, net, loss_of, epochs, steps, keep=keep, decay=0.05)


def held_back(bundle, net, seen):
    with torch.no_grad():
        logits = net(torch.from_numpy(seen.features)).numpy()
    return separation(logits, bundle.truth(seen.rows), bundle.fits([r["mm"] for r in seen.rows]))


SHIPPED = Options()
ABLATIONS = {
    "plain, not focal": replace(SHIPPED, focal=0.0),
    "class weights": replace(SHIPPED, class_weights=True),
    "no up-sampling": replace(SHIPPED, up_sampled=False),
    "class weights, no up-sampling": replace(SHIPPED, up_sampled=False, class_weights=True),
    "the worst half of each batch": replace(SHIPPED, hard=True),
    "no features left out in training": replace(SHIPPED, drop=0.0),
    "half of the features left out": replace(SHIPPED, drop=0.5),
    "no strangers in training": replace(SHIPPED, none_share=0.0),
    "half strangers in training": replace(SHIPPED, none_share=0.5),
}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", default="bundles/first")
    args.add_argument("--ablate", action="store_true")
    a = args.parse_args()
    bundle, views = Bundle(json.loads((Path(a.bundle) / "manifest.json").read_text())), all_views(a.bundle)
    net, losses = train(bundle, views["train"], SHIPPED, "multi-label")
    export_head(a.bundle, "multi-label", net, "features", "labels", views["seen"].features[:16])
    table = Table("multi-label", "One sigmoid a design; its logit is the score.")
    table.add("as shipped: focal (gamma 2), up-sampled, three in ten strangers, eight in ten features left out of a step", held_back(bundle, net, views["seen"]), losses[-1])
    if a.ablate:
        for option, options in ABLATIONS.items():
            tried, losses = train(bundle, views["train"], options, "multi-label " + option, keep=False)
            table.add(option, held_back(bundle, tried, views["seen"]), losses[-1])


if __name__ == "__main__":
    main()
