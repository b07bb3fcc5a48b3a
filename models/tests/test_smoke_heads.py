"""python3 -m unittest tests.test_smoke_heads   (needs torch and sklearn; no photographs; under half a minute)

A few steps of each head's real training, on made-up features of a bundle of six designs. Fails where a loss stops falling.
"""
import unittest

import numpy as np

from train import head_boosted, head_cgd, head_multi_label, head_scene, head_set, head_specialist
from train.features import Views
from train.metric import Bundle

DESIGNS, COINS, VIEWS = 6, 4, 4


def tiny_bundle():
    designs = [{"id": f"d{i}", "diameterMm": 20.0 + i // 2, "toleranceMm": 0.6} for i in range(DESIGNS)]
    classes = [{"id": f"d{i}/{s}", "side": s, "designs": [f"d{i}"], "unknownSimilarity": 0.3} for i in range(DESIGNS) for s in ("obverse", "reverse")]
    gallery = [{"class": c, "coin": f"g{c}"} for c in range(len(classes))]
    return Bundle({"designs": designs, "classes": classes, "gallery": {"vectors": gallery}, "judge": {"neighbours": 1, "unknownSimilarity": 0.3}})


def tiny_views(seed=1):
    """Six designs, two sides each, and two strange ones: a direction each, some noise by coin and by view."""
    rng, rows, features, embedding = np.random.default_rng(seed), [], [], []
    for d in range(DESIGNS + 2):
        for side in ("obverse", "reverse"):
            f, e = rng.normal(0, 1, 3840), rng.normal(0, 1, 256)
            for coin in range(COINS):
                for _ in range(VIEWS):
                    features.append(np.maximum(0, f + rng.normal(0, 0.7, 3840)))
                    embedding.append(e + rng.normal(0, 0.4, 256))
                    rows.append({"cls": f"d{d}/{side}", "design": f"d{d}", "side": side, "coin": f"d{d}-{coin}", "group": "us-types" if d < DESIGNS else "world", "mm": 20.0 + d // 2})
    e = np.array(embedding, np.float32)
    return Views(np.array(features, np.float32), e / np.linalg.norm(e, axis=1, keepdims=True), rows)


def falls(losses):
    return losses[-1] < 0.7 * losses[0]


class Smoke(unittest.TestCase):
    def setUp(self):
        self.bundle, self.views = tiny_bundle(), tiny_views()
        self.known = self.views.where(lambda r: r["group"] == "us-types")

    def test_the_combined_descriptors_learn(self):
        _, losses = head_cgd.train(self.views, head_cgd.Options(), "tiny", epochs=4, steps=6, keep=False)
        self.assertTrue(falls(losses), losses)

    def test_a_second_run_gives_the_same_network(self):
        one, other = (head_cgd.train(self.views, head_cgd.Options(), "tiny", epochs=1, steps=4, keep=False)[0].state_dict() for _ in range(2))
        self.assertTrue(all(bool((one[k] == other[k]).all()) for k in one))

    def test_a_training_that_learns_nothing_is_seen(self):
        _, losses = head_cgd.train(self.views, head_cgd.Options(), "tiny", epochs=4, steps=6, keep=False, rate=1e-9)
        self.assertFalse(falls(losses), losses)

    def test_each_option_of_the_combined_descriptors_learns(self):
        for option in ("contrastive instead of triplets", "all triplets, not the hardest", "focal, gamma 2", "class weights, no up-sampling"):
            with self.subTest(option):
                _, losses = head_cgd.train(self.views, head_cgd.ABLATIONS[option], "tiny", epochs=4, steps=6, keep=False)
                self.assertTrue(falls(losses), losses)

    def test_labels_learn(self):
        for options in (head_multi_label.Options(), head_multi_label.Options(hard=True, class_weights=True, focal=2.0)):
            _, losses = head_multi_label.train(self.bundle, self.views, options, "tiny", epochs=4, steps=8, size=48, keep=False)
            self.assertTrue(falls(losses), losses)

    def test_sets_learn(self):
        _, losses = head_set.train(self.bundle, self.views, head_set.Options(), "tiny", epochs=5, steps=20, size=32, keep=False)
        self.assertTrue(falls(losses), losses)

    def test_scenes_learn(self):
        rows = [{**r, "turned": i % 2 == 1, "kind": "clean", "expect": r["design"]} for i, r in enumerate(self.views.rows)]
        _, losses = head_scene.train(self.bundle, Views(self.views.features, self.views.embedding, rows), head_scene.Options(), "tiny", epochs=4, steps=6, size=48, keep=False)
        self.assertTrue(falls(losses), losses)

    def test_the_specialist_and_its_verifier_learn(self):
        groups = head_specialist.Groups(self.bundle, [[0, 2], [1, 3, 5]])
        views = self.known.where(lambda r: self.bundle.class_at[r["design"], r["side"]] in groups.at)
        labels = groups.labels(views.rows)
        net, losses = head_specialist.train(views, labels, groups.group, head_specialist.Options(), "tiny", epochs=4, steps=6, keep=False)
        self.assertTrue(falls(losses), losses)
        _, losses = head_specialist.train_verifier(head_specialist.descriptors(net, views), labels, groups.group, "tiny", epochs=5, steps=12, size=64, keep=False)
        self.assertTrue(falls(losses), losses)

    def test_trees_learn(self):
        vectors = np.stack([self.views.embedding[self.bundle.classes(self.views.rows) == c].mean(0) for c in range(2 * DESIGNS)])
        cups = head_boosted.Cups(self.bundle, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), self.views.embedding, self.views.rows)
        trees, _ = head_boosted.trained(*cups.draw(300, np.random.default_rng(1)), head_boosted.Options(trees=20))
        self.assertTrue(falls(list(trees.train_score_)), trees.train_score_)


if __name__ == "__main__":
    unittest.main()
