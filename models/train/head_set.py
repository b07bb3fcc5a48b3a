"""One answer for a whole cup: a dense layer shared by its items, the largest of each feature over the set, two dense layers.

    python3 -m train.head_set --bundle bundles/first [--ablate]

The order of the items and the padding say nothing. The last output is "not one design": an impostor among them, unknown things, a mixture.
"""
import argparse
import json
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn

from .ablations import Table
from .export import DIM
from .features import all_views
from .fit import fit, focal_cross_entropy
from .head_export import export_head
from .metric import Bundle
from .separation import separation

MOST = 20
SAME_SIZE_MM = 1.0


@dataclass(frozen=True)
class Options:
    focal: float = 0.0         # gamma
    bad_share: float = 0.5     # of the sets that are not one design
    look_alikes: float = 0.7   # of the impostors that are of the likest designs of the same size
    noise: float = 0.02        # added to each number of an embedding: training coins are known to the trunk better than others
    pool: str = "max"          # or mean


class SetNetwork(nn.Module):
    """items B×20×257 (embedding, then 1 = an item, 0 = padding) → logits B×(D+1)."""

    def __init__(self, designs, pool="max", wide=256, narrow=128):
        super().__init__()
        self.pool = pool
        self.shared, self.first, self.last = nn.Linear(DIM + 1, wide), nn.Linear(wide, narrow), nn.Linear(narrow, designs + 1)

    def forward(self, items):
        there = items[:, :, DIM:]
        h = torch.relu(self.shared(items)) * there  # never below 0, so that padding can't be the largest
        one = h.amax(1) if self.pool == "max" else h.sum(1) / there.sum(1).clamp(min=1.0)
        return self.last(torch.relu(self.first(one)))


class Sets:
    """Sets of items drawn from views, by design and coin; every coin is in a set at most once."""

    def __init__(self, bundle, views, options):
        self.bundle, self.views, self.options = bundle, views, options
        truth, self.classes = bundle.truth(views.rows), bundle.classes(views.rows)
        coins = defaultdict(lambda: defaultdict(list))
        for i, d in enumerate(truth):
            if d >= 0:
                coins[int(d)][views.rows[i]["coin"]].append(i)
        self.of = {d: [np.array(views_of) for _, views_of in sorted(by.items())] for d, by in coins.items()}  # by design, by coin
        self.designs, self.strange = sorted(self.of), np.where(truth < 0)[0]
        means = np.stack([views.embedding[truth == d].mean(0) for d in self.designs])
        like = means @ means.T
        self.rivals = {}
        for k, d in enumerate(self.designs):
            near = [j for j, o in enumerate(self.designs) if o != d and abs(bundle.mm[o] - bundle.mm[d]) <= SAME_SIZE_MM]
            self.rivals[d] = [self.designs[j] for j in sorted(near, key=lambda j: -like[k, j])[:4]]

    def _of(self, design, count, rng):
        coins = self.of[design]
        return [int(coins[c][rng.integers(len(coins[c]))]) for c in rng.permutation(len(coins))[:count]]

    def draw(self, rng):
        """(numbers of the set's views, what is right, what an order would ask for): what is right = a design, or D."""
        d, last = self.designs[rng.integers(len(self.designs))], len(self.bundle.ids)
        items = self._of(d, int(rng.integers(1, MOST + 1)), rng)
        if rng.uniform() >= self.options.bad_share:
            return items, d, d
        u = rng.uniform()
        if u < 0.1 and len(self.strange):  # all of them strange
            return [int(i) for i in rng.choice(self.strange, len(items))], last, d
        if u < 0.2:  # a mixture
            return [self._of(int(o), 1, rng)[0] for o in rng.choice(self.designs, min(max(2, len(items)), len(self.designs)), replace=False)], last, d
        if u < 0.4 and len(self.strange):
            bad = int(rng.choice(self.strange))
        else:
            like = self.rivals[d] and rng.uniform() < self.options.look_alikes
            bad = self._of(int(rng.choice(self.rivals[d] if like else [o for o in self.designs if o != d])), 1, rng)[0]
            if self.bundle.holds[self.classes[bad], d]:  # a side that both designs share is no evidence of the other
                return items, d, d
        kept = items[:MOST - 1] if len(items) < 2 or rng.uniform() < 0.3 else items[1:]
        return kept + [bad], last, d

    def batch(self, rng, size):
        """(items size×20×257, what is right, what is ordered)"""
        x, right, ordered = np.zeros((size, MOST, DIM + 1), np.float32), [], []
        for row in range(size):
            items, y, d = self.draw(rng)
            x[row, :len(items), :DIM], x[row, :len(items), DIM] = self.views.embedding[items], 1
            right.append(y)
            ordered.append(d)
        if self.options.noise > 0:
            x[:, :, :DIM] += self.options.noise * rng.standard_normal((size, MOST, DIM), dtype=np.float32) * x[:, :, DIM:]
            x[:, :, :DIM] /= np.maximum(np.linalg.norm(x[:, :, :DIM], axis=2, keepdims=True), 1e-6)
        return torch.from_numpy(x), torch.from_numpy(np.array(right)), np.array(ordered)


def train(bundle, views, options, name, epochs=20, steps=60, size=96, keep=True):
    sets = Sets(bundle, views, options)
    torch.manual_seed(3)
    net = SetNetwork(len(bundle.ids), options.pool)

    def loss_of(rng):
        x, y, _ = sets.batch(rng, size)
        return focal_cross_entropy(net(x), y, options.focal)
    return net, fit(name, net, loss_of, epochs, steps, keep=keep)


def held_back(bundle, net, seen, count=3000):
    """Sets of held-back coins, as the station saw them. A cup's score for a design: the logarithm of its probability."""
    x, right, ordered = Sets(bundle, seen, replace(SHIPPED, noise=0.0)).batch(np.random.default_rng(77), count)
    with torch.no_grad():
        scores = torch.log_softmax(net(x), 1).numpy()[:, :-1]
    asked = np.abs(bundle.mm[None, :] - bundle.mm[ordered][:, None]) <= SAME_SIZE_MM
    return separation(scores, np.where(right.numpy() < len(bundle.ids), right.numpy(), -1), asked)


SHIPPED = Options()
ABLATIONS = {
    "mean instead of max": replace(SHIPPED, pool="mean"),
    "no noise": replace(SHIPPED, noise=0.0),
    "twice the noise": replace(SHIPPED, noise=0.04),
    "focal, gamma 2": replace(SHIPPED, focal=2.0),
    "impostors of any design": replace(SHIPPED, look_alikes=0.0),
    "three in four sets bad": replace(SHIPPED, bad_share=0.75),
}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", default="bundles/first")
    args.add_argument("--ablate", action="store_true")
    a = args.parse_args()
    bundle, views = Bundle(json.loads((Path(a.bundle) / "manifest.json").read_text())), all_views(a.bundle)
    net, losses = train(bundle, views["train"], SHIPPED, "set")
    export_head(a.bundle, "set", net, "items", "designs", Sets(bundle, views["train"], SHIPPED).batch(np.random.default_rng(5), 1)[0].numpy(), batches=False)
    table = Table("set", "Sets of 1 to 20 items; right and wrong ones are whole cups, and the wrong answer to a cup is the likeliest wrong design of its size.")
    table.add("as shipped: largest, some noise, half bad, look-alikes preferred", held_back(bundle, net, views["seen"]), losses[-1])
    if a.ablate:
        for option, options in ABLATIONS.items():
            tried, losses = train(bundle, views["train"], options, "set " + option, keep=False)
            table.add(option, held_back(bundle, tried, views["seen"]), losses[-1])


if __name__ == "__main__":
    main()
