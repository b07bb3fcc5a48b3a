"""python3 -m unittest tests.test_heads   (needs torch, onnx, sklearn and the repository's Node packages; no photographs)

The shipped heads in the station's runtime, and what the code around them promises.
"""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from train import boosted_features, head_boosted, separation
from train.add_features import with_features
from train.add_heads import add_heads
from train.confusions import components
from train.export import HERE
from train.features import kept, made_of
from train.fit import Standardised, folded, focal_cross_entropy, focal_sigmoid
from train.head_cgd import Cgd
from train.head_export import export_head
from train.head_multi_label import MultiLabel
from train.head_scene import Scene, whole
from train.head_set import SetNetwork
from train.head_specialist import Specialist, Verifier

BUNDLE = Path(__file__).resolve().parent.parent / "bundles" / "first"
MANIFEST = json.loads((BUNDLE / "manifest.json").read_text())


def run(network, name, x, output):
    """A network in the station's runtime."""
    with tempfile.TemporaryDirectory() as folder:
        np.ascontiguousarray(x, "<f4").tofile(f"{folder}/in.f32")
        subprocess.run(["node", str(HERE / "run_onnx.mjs"), str(network), name, ",".join(map(str, x.shape)), f"{folder}/in.f32", folder], check=True)
        return np.fromfile(f"{folder}/{output}.f32", "<f4")


def shipped(name):
    return unittest.skipUnless(name in MANIFEST.get("heads", {}), f"the bundle has no head {name}")


def some_set(count, seed=1):
    rng, x = np.random.default_rng(seed), np.zeros((1, 20, 257), np.float32)
    v = rng.normal(size=(count, 256))
    x[0, :count, :256], x[0, :count, 256] = v / np.linalg.norm(v, axis=1, keepdims=True), 1
    return x


class Shipped(unittest.TestCase):
    def test_the_trunk_sees_pictures_of_other_sizes(self):
        for shape in ((2, 3, 160, 160), (1, 3, 224, 224), (1, 3, 288, 384)):
            f = run(BUNDLE / "items.onnx", "crops", np.random.default_rng(2).uniform(-1, 1, shape), "features").reshape(shape[0], 3, 1280)
            self.assertTrue((f[:, 1] >= f[:, 2] - 0.011).all() and (f[:, 2] >= f[:, 0] - 1e-3).all(), "maximum ≥ generalised mean (of what is 0: 0.01) ≥ mean")

    @shipped("set")
    def test_the_order_of_a_sets_items_says_nothing(self):
        x = some_set(7)
        turned = x.copy()
        turned[0, :7] = x[0, np.random.default_rng(3).permutation(7)]
        np.testing.assert_allclose(run(BUNDLE / "set.onnx", "items", x, "designs"), run(BUNDLE / "set.onnx", "items", turned, "designs"), atol=1e-5)

    @shipped("set")
    def test_where_the_padding_lies_says_nothing_but_an_item_does(self):
        x = some_set(5)
        moved = np.zeros_like(x)
        moved[0, 11:16] = x[0, :5]
        plain = run(BUNDLE / "set.onnx", "items", x, "designs")
        np.testing.assert_allclose(plain, run(BUNDLE / "set.onnx", "items", moved, "designs"), atol=1e-5)
        self.assertGreater(np.abs(plain - run(BUNDLE / "set.onnx", "items", some_set(6), "designs")).max(), 1e-3)

    @shipped("verifier")
    def test_the_verifier_is_symmetric(self):
        v = np.random.default_rng(4).normal(size=(6, 2, 128))
        v /= np.linalg.norm(v, axis=2, keepdims=True)
        one, other = (run(BUNDLE / "verifier.onnx", "pair", p.reshape(6, 256), "same") for p in (v, v[:, ::-1]))
        np.testing.assert_allclose(one, other, atol=1e-5)
        self.assertGreater(np.ptp(one), 1e-3)

    @shipped("cgd")
    def test_descriptors_and_galleries_have_length_one(self):
        d = run(BUNDLE / "cgd.onnx", "features", np.random.default_rng(5).uniform(0, 2, (3, 3840)), "descriptor").reshape(3, 384)
        np.testing.assert_allclose(np.linalg.norm(d, axis=1), 1, atol=1e-4)
        for judge in ("cgd", "specialist"):
            g = MANIFEST["judges"].get(judge, {}).get("gallery")
            if g:
                rows = np.fromfile(BUNDLE / g["file"], "<f4").reshape(-1, g["dim"])
                self.assertEqual(len(rows), len(g.get("vectors", MANIFEST["gallery"]["vectors"])))
                np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)

    def test_the_manifest_says_what_lies_there(self):
        self.assertEqual(add_heads(BUNDLE), MANIFEST)
        self.assertEqual(MANIFEST["gallery"]["networkSha256"], MANIFEST["files"]["items.onnx"]["sha256"])

    def test_the_bundle_is_small_enough(self):
        self.assertLessEqual(sum(p.stat().st_size for p in BUNDLE.iterdir() if not p.name.endswith(".fp16.onnx")), 22e6)


class Exported(unittest.TestCase):
    """Networks with random weights: what counts is that both runtimes agree, and that a difference is seen."""

    def setUp(self):
        torch.manual_seed(1)
        self.x = np.random.default_rng(6).uniform(0, 3, (4, 3840)).astype(np.float32)

    def test_each_head_is_the_same_in_torch_and_in_the_stations_runtime(self):
        pairs = np.random.default_rng(7).normal(0, 0.09, (4, 256)).astype(np.float32)
        heads = [(Cgd(self.x), self.x, True), (MultiLabel(self.x, 6), self.x, True), (Specialist(self.x), self.x, True),
                 (Verifier(), pairs, True), (SetNetwork(6), some_set(4), False), (Scene(self.x, 6), self.x[:1], False)]
        with tempfile.TemporaryDirectory() as folder:
            for number, (net, x, batches) in enumerate(heads):
                export_head(folder, f"head-{number}", net.eval(), "in", "out", x, batches)

    def test_a_wrong_weight_is_seen(self):
        with tempfile.TemporaryDirectory() as folder:
            net = export_head(folder, "head", Verifier().eval(), "in", "out", self.x[:, :256])
            model = onnx.load(f"{folder}/head.onnx")
            bias = next(i for i in model.graph.initializer if i.name.endswith("last.bias"))
            bias.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(bias) + np.float32(0.001), bias.name))
            onnx.save(model, f"{folder}/head.onnx")
            from train.export import onnx_agrees
            with self.assertRaises(SystemExit), torch.no_grad():
                onnx_agrees(Path(folder) / "head.onnx", "in", self.x[:, :256], {"out": net(torch.from_numpy(self.x[:, :256])).numpy()})

    def test_trees_are_the_same_on_and_beside_their_thresholds(self):
        rng = np.random.default_rng(8)
        x = rng.normal(size=(300, len(boosted_features.NAMES))).astype(np.float32)
        trees, use = head_boosted.trained(x, x[:, 3] + x[:, 8] > 0, head_boosted.Options(trees=8, left_out=("count",)))
        at = trees.estimators_[0][0].tree_
        edges = np.repeat(x[:1], 3, 0)
        edges[:, use[at.feature[0]]] = [np.nextafter(np.float32(at.threshold[0]), np.float32(s)) for s in (-9, 9, 0)]
        with tempfile.TemporaryDirectory() as folder:
            head_boosted.export(trees, use, Path(folder) / "boosted.onnx", np.concatenate([edges, x[:3]]))

    def test_features_are_added_once_and_change_nothing_else(self):
        one = lambda name, *a, **k: helper.make_node(name, *a, **k)
        graph = helper.make_graph([one("ReduceMean", ["crops"], ["mean"], axes=[2, 3], keepdims=0), one("Pow", ["mean", "three"], ["gem"]),
                                   one("Concat", ["mean", "gem"], ["embedding"], axis=1)], "tiny",
                                  [helper.make_tensor_value_info("crops", TensorProto.FLOAT, ["N", 3, 8, 8])],
                                  [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["N", 6])], [numpy_helper.from_array(np.float32(3), "three")])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
        once = with_features(model).SerializeToString()
        self.assertEqual(with_features(onnx.load_from_string(once)).SerializeToString(), once)
        self.assertEqual([d.dim_param or d.dim_value for d in onnx.load_from_string(once).graph.input[0].type.tensor_type.shape.dim], ["N", 3, "H", "W"])


class Kept(unittest.TestCase):
    def test_views_of_another_network_or_of_other_items_are_made_again(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, {"CUPCHECK_HEADS": folder}):
            network, made = Path(folder) / "items.onnx", []

            def views(*inputs):
                made.append(inputs)
                return np.full((1, 4), len(made)), np.ones((1, 2)), [{"coin": "x"}]
            look = lambda *inputs: kept("some", made_of(network, *inputs), lambda: views(*inputs)).features[0, 0]
            network.write_bytes(b"one")
            self.assertEqual([look("a"), look("a"), look("b"), look("b")], [1, 1, 2, 2])
            network.write_bytes(b"two")
            self.assertEqual([look("b"), look("b")], [3, 3])


class Parts(unittest.TestCase):
    def test_a_folded_layer_says_the_same(self):
        x = np.random.default_rng(9).uniform(0, 5, (8, 12)).astype(np.float32)
        net = torch.nn.Sequential(Standardised(x, 3))
        with torch.no_grad():
            torch.testing.assert_close(net(torch.from_numpy(x)), folded(net)(torch.from_numpy(x)), rtol=1e-4, atol=1e-4)

    def test_focal_losses_look_at_what_is_wrong(self):
        sure, unsure = torch.tensor([[4.0, -4.0]]), torch.tensor([[0.1, -0.1]])
        for loss, wanted in ((focal_cross_entropy, torch.tensor([0])), (focal_sigmoid, torch.tensor([[1.0, 0.0]]))):
            share = [float(loss(x, wanted, gamma=2.0) / loss(x, wanted)) for x in (sure, unsure)]
            self.assertLess(share[0], share[1])

    def test_separation_counts_what_lies_above_every_wrong_item(self):
        scores, truth = np.array([[0.9, 0.1], [0.4, 0.3], [0.5, 0.6]]), np.array([0, 0, -1])
        got = separation.separation(scores, truth, np.ones((3, 2), bool))
        self.assertEqual((got["top1"], got["atZero"], got["right"], got["wrong"]), (1.0, 0.5, 2, 3))

    def test_groups_hang_together_by_pairs(self):
        self.assertEqual(components([(0, 1), (1, 4), (2, 3)], 6), [[0, 1, 4], [2, 3]])

    def test_boosted_features_are_as_documented(self):
        holds = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1]], bool)  # class 2 is shared by designs 0 and 1
        sims = np.array([[0.8, 0.5, 0.4], [0.6, 0.7, 0.3], [0.9, 0.2, 0.1]])
        scores = np.array([[0.3, -0.3, -0.4], [0.1, 0.2, -0.3], [0.5, -1, -1]])
        fits = np.array([[1, 1, 1], [1, 1, 0], [0, 1, 1]], bool)
        got = dict(zip(boosted_features.NAMES, boosted_features.features(sims, scores, np.array([0, 2, -1]), fits, holds, 0)))
        wanted = {"count": 3, "ofDesign": 2 / 3, "known": 2 / 3, "lowestScore": 0.1, "meanScore": 0.3, "secondScore": 0.3, "lowestSimilarity": 0.6, "meanSimilarity": 2.3 / 3,
                  "secondSimilarity": 0.8, "highestRival": 0.4, "uninformative": 1 / 3, "sizeFits": 2 / 3, "spread": 0.3}
        self.assertEqual(set(got), set(wanted))
        for name, value in wanted.items():
            self.assertAlmostEqual(float(got[name]), value, places=5, msg=name)

    def test_a_whole_picture_keeps_its_aspect(self):
        out = whole(np.full((480, 480, 3), 200, np.uint8))
        self.assertEqual(out.shape, (288, 384, 3))
        self.assertTrue((out[:, :288] == 200).all() and (out[:, 288:] == 127.5).all())


if __name__ == "__main__":
    unittest.main()
