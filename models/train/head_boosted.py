"""Gradient-boosted trees over what the metric judge thinks of a cup's items: is this cup right for this order?

    python3 -m train.head_boosted --bundle bundles/first [--ablate]

Input `votes` [N, F] (train/boosted_features.py), one row a design, output `right` [N, 1]: the probability. Cups are drawn from views of
held-back coins, for the trunk knows those that it was trained on better than it will know others; the numbers are cross-fitted by coin. Few
held-back coins stand behind them, so a coin may lie in a cup several times.
"""
import argparse
import json
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from sklearn.ensemble import GradientBoostingClassifier

from .ablations import Table
from .boosted_features import NAMES, features
from .export import onnx_agrees
from .features import all_views
from .metric import Bundle, opinions
from .separation import separation

MOST, SAME_SIZE_MM, SAME_SIZE_SHARE = 20, 1.0, 0.7
FOLDS = 4


@dataclass(frozen=True)
class Options:
    trees: int = 120
    depth: int = 3
    rate: float = 0.08
    left_out: tuple = ()


class Cups:
    """Cups of items with the metric judge's opinions. `rows`: views with `coin`, `design`, `mm` (as measured, None = unknown)."""

    def __init__(self, bundle, vectors, embedding, rows):
        self.bundle, self.rows, self.truth = bundle, rows, bundle.truth(rows)
        self.classes = bundle.classes(rows)
        self.fits = bundle.fits([r["mm"] for r in rows])
        self.opinions = opinions(bundle, vectors, embedding, self.fits)

    def features_of(self, items, design):
        o = self.opinions
        return features(o.similarity[items], o.score[items], o.best[items], self.fits[items], self.bundle.holds, design)

    def draw(self, count, rng, coins=None):
        """(features count×F, right count) of cups of these coins only: half right, else one impostor, one unknown thing, or all of another design."""
        of, strange = defaultdict(list), []
        for i, d in enumerate(self.truth):
            if coins is None or self.rows[i]["coin"] in coins:
                (of[int(d)] if d >= 0 else strange).append(i)
        designs, mm, x, y = sorted(of), self.bundle.mm, [], []
        near = {d: [o for o in designs if o != d and abs(mm[o] - mm[d]) <= SAME_SIZE_MM] for d in designs}
        for _ in range(count):
            d = int(rng.choice(designs))
            other = int(rng.choice(near[d] if near[d] and rng.uniform() < SAME_SIZE_SHARE else [o for o in designs if o != d]))
            # a side that both designs share is no evidence of the other
            others = [i for i in of[other] if not self.bundle.holds[self.classes[i], d]]
            items, u = list(rng.choice(of[d], rng.integers(1, MOST + 1))), rng.uniform()
            if u >= 0.5:
                if u < 0.75 and others:
                    items[0] = rng.choice(others)
                elif u < 0.9 or not others:
                    items[0] = rng.choice(strange)
                else:
                    items = list(rng.choice(others, len(items)))
            x.append(self.features_of(np.array(items, int), d))
            y.append(u < 0.5)
        return np.stack(x), np.array(y)


def trained(x, y, options, seed=1):
    use = [i for i, n in enumerate(NAMES) if n not in options.left_out]
    trees = GradientBoostingClassifier(n_estimators=options.trees, max_depth=options.depth, learning_rate=options.rate, subsample=0.7, min_samples_leaf=20, random_state=seed)
    return trees.fit(x[:, use], y), use


def not_above(threshold):
    """The largest float32 that is no larger: x ≤ it exactly where x ≤ threshold, for every float32 x."""
    low = np.float32(threshold)
    return float(np.nextafter(low, np.float32(-np.inf)) if low > threshold else low)


def tree_ensemble(trees, use, count):
    """ONNX (ai.onnx.ml TreeEnsembleRegressor) of a fitted classifier: votes [N, count] → right [N, 1], a probability."""
    nodes, leaves = defaultdict(list), defaultdict(list)
    for number, tree in enumerate(t for (t,) in trees.estimators_):
        t = tree.tree_
        for i in range(t.node_count):
            leaf = t.children_left[i] < 0
            for key, value in {"treeids": number, "nodeids": i, "featureids": 0 if leaf else use[t.feature[i]], "values": 0.0 if leaf else not_above(t.threshold[i]),
                               "modes": "LEAF" if leaf else "BRANCH_LEQ", "truenodeids": 0 if leaf else int(t.children_left[i]),
                               "falsenodeids": 0 if leaf else int(t.children_right[i]), "hitrates": 1.0, "missing_value_tracks_true": 0}.items():
                nodes[f"nodes_{key}"].append(value)
            if leaf:
                for key, value in {"treeids": number, "nodeids": i, "ids": 0, "weights": float(trees.learning_rate * t.value[i, 0, 0])}.items():
                    leaves[f"target_{key}"].append(value)
    prior = trees.init_.class_prior_[1]
    node = helper.make_node("TreeEnsembleRegressor", ["votes"], ["logOdds"], domain="ai.onnx.ml", n_targets=1, aggregate_function="SUM", post_transform="NONE",
                            base_values=[float(np.log(prior / (1 - prior)))], **nodes, **leaves)
    # the runtime leaves out the regressor's own LOGISTIC where there is one target
    graph = helper.make_graph([node, helper.make_node("Sigmoid", ["logOdds"], ["right"])], "boosted", [helper.make_tensor_value_info("votes", TensorProto.FLOAT, ["N", count])],
                              [helper.make_tensor_value_info("right", TensorProto.FLOAT, ["N", 1])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13), helper.make_opsetid("ai.onnx.ml", 1)], producer_name="cupcheck")
    model.ir_version = 7
    onnx.checker.check_model(model)
    return model


def export(trees, use, file, some):
    """Write the trees; fails where the station's runtime differs by over 1e-4 on any of `some` rows."""
    onnx.save(tree_ensemble(trees, use, some.shape[1]), str(file))
    onnx_agrees(Path(file), "votes", some, {"right": trees.predict_proba(some[:, use])[:, 1:].astype(np.float32)})


def split_measure(score, y):
    """`separation` of whole cups: each has one order, which is right or wrong."""
    out = separation(score[:, None], np.where(y, 0, -1), np.ones((len(y), 1), bool))
    return {**out, "top1": None}


def cross_fitted(cups, options, count=2500):
    """Each fold's cups are judged by trees that saw none of its coins. The scores are pooled."""
    coins = sorted({r["coin"] for r in cups.rows})
    fold = {c: k % FOLDS for k, c in enumerate(np.random.default_rng(7).permutation(coins))}
    scores, ys, worst, loss = [], [], [], []
    for k in range(FOLDS):
        rng = np.random.default_rng([k, 71])
        x, y = cups.draw(2 * count, rng, {c for c in coins if fold[c] != k})
        trees, use = trained(x, y, options)
        x, y = cups.draw(count, rng, {c for c in coins if fold[c] == k})
        scores.append(trees.decision_function(x[:, use]))
        ys.append(y)
        worst.append(x[:, NAMES.index("lowestScore")])
        loss.append(float(trees.train_score_[-1]))
    y = np.concatenate(ys)
    return float(np.mean(loss)), split_measure(np.concatenate(scores), y), split_measure(np.concatenate(worst), y)


def measured_sizes(views, errors, rng):
    """The rows with a diameter as a station would have measured it: what the composed crops don't have."""
    return [{**r, "mm": r["mm"] * float(1 + rng.choice(errors)) if r["mm"] else None} for r in views.rows]


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", default="bundles/first")
    args.add_argument("--ablate", action="store_true")
    a = args.parse_args()
    manifest, views = json.loads((Path(a.bundle) / "manifest.json").read_text()), all_views(a.bundle)
    bundle = Bundle(manifest)
    vectors = np.fromfile(Path(a.bundle) / manifest["gallery"]["file"], "<f4").reshape(-1, manifest["gallery"]["dim"])
    seen, composed = views["seen"], views["choosing"]
    truth = bundle.truth(seen.rows)
    errors = [r["mm"] / bundle.mm[d] - 1 for r, d in zip(seen.rows, truth) if d >= 0 and r["mm"]]
    cups = Cups(bundle, vectors, np.concatenate([seen.embedding, composed.embedding]),
                seen.rows + measured_sizes(composed, np.array(errors), np.random.default_rng(3)))
    x, y = cups.draw(12000, np.random.default_rng(72))
    trees, use = trained(x, y, Options())
    export(trees, use, Path(a.bundle) / "boosted.onnx", x[:64])
    table = Table("boosted", "Whole cups of held-back coins against one order each, cross-fitted by coin; a coin may lie in a cup several times. Trained on all held-back coins, so no cup of `choosing` says anything more of the shipped trees.")
    loss, numbers, worst = cross_fitted(cups, Options())
    table.add(f"as shipped: {Options().trees} trees of depth {Options().depth}", numbers, loss)
    table.add("for comparison: the metric judge's worst item alone", worst)
    if a.ablate:
        for option, options in {"60 trees": replace(Options(), trees=60), "240 trees": replace(Options(), trees=240), "depth 2": replace(Options(), depth=2),
                                "depth 4": replace(Options(), depth=4), "without sizes": replace(Options(), left_out=("sizeFits",)),
                                "without scores": replace(Options(), left_out=("lowestScore", "meanScore", "secondScore"))}.items():
            loss, numbers, _ = cross_fitted(cups, options)
            table.add(option, numbers, loss)


if __name__ == "__main__":
    main()
