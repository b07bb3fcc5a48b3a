"""python3 -m unittest tests.test_models   (in models/; needs numpy, OpenCV, PIL, scipy, torch, onnx; no photographs)"""
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

from generate.camera import expose
from generate.compose import lay_out, outline, paint
from generate.designs import BY_ID, SISTER_YEARS, sisters, years_later
from generate.pools import Rendered
from generate.station import make_station
from train import checkpoint, choose, look_alikes
from train.augment import disc_mask, vary
from train.items_data import Batches, likest
from train.taught_floor import strangers_and_own


def small_cup(seed):
    rng = np.random.default_rng(seed)
    station = make_station(3, 320, 240, 2.0, radius_mm=50)
    pieces = Rendered("demo").draw("oak-mark", 5, rng)
    assert lay_out(pieces, station.radius_mm, rng)
    return station, pieces, rng


class Cups(unittest.TestCase):
    def test_coins_lie_side_by_side_inside_the_cup(self):
        station, pieces, _ = small_cup(1)
        for i, p in enumerate(pieces):
            self.assertLess(np.hypot(p.x_mm, p.y_mm) + p.diameter_mm / 2, station.radius_mm)
            for q in pieces[:i]:
                self.assertGreater(np.hypot(p.x_mm - q.x_mm, p.y_mm - q.y_mm), (p.diameter_mm + q.diameter_mm) / 2 + 0.4)

    def test_no_coin_twice_in_a_cup(self):
        _, pieces, _ = small_cup(2)
        self.assertEqual(len({p.coin for p in pieces}), len(pieces))

    def test_the_same_seed_gives_the_same_picture(self):
        pictures = []
        for _ in range(2):
            station, pieces, rng = small_cup(4)
            pictures.append(expose(paint(station, pieces, rng), station, rng))
        np.testing.assert_array_equal(*pictures)

    def test_the_box_is_as_wide_as_the_coin(self):
        station, pieces, _ = small_cup(5)
        pieces[0].tilt_deg = 0.0
        ellipse, box = outline(pieces[0], station)
        self.assertAlmostEqual(box[2], pieces[0].diameter_mm * station.px_per_mm, delta=0.1)
        self.assertAlmostEqual(ellipse[0], box[0] + box[2] / 2, delta=0.02)

    def test_the_crop_mask_is_a_disc_of_the_stated_radius(self):
        mask = disc_mask(160)
        self.assertAlmostEqual(mask.sum() / (np.pi * (160 / 2.08) ** 2), 1.0, delta=0.01)


class Fake:
    def __init__(self, cls, coin, set_="us-types"):
        self.cls, self.design, self.side, self.coin, self.set, self.split, self.diameter_mm = cls, cls, "obverse", coin, set_, "train", 20.0


class Training(unittest.TestCase):
    def test_the_likest_of_the_same_size_come_first(self):
        means = np.zeros((12, 12), np.float32) + np.eye(12, dtype=np.float32)
        means[1, 0] = 0.5
        self.assertEqual(likest(means / np.linalg.norm(means, axis=1, keepdims=True), np.zeros(12))[0][0], 1)
        mm = np.full(12, 30.0)
        mm[[0, 7]] = 20.0
        self.assertEqual(likest(np.eye(12, dtype=np.float32), mm)[0][0], 7)

    def test_a_batch_brings_rivals_together_and_is_the_same_again(self):
        entries = [Fake(f"c{i:02d}", f"c{i:02d}-{k}") for i in range(40) for k in range(3)]
        pictures = np.full((len(entries), 24, 24, 4), 200, np.uint8)
        rivals = np.array([[(i // 10) * 10 + (i + k) % 10 for k in range(1, 9)] for i in range(40)])
        make = lambda: Batches(entries, pictures, sorted({e.cls for e in entries}), 3, per_batch=8, rivals=rivals)
        (x, labels, _), (again, _, _) = make().batch(5, 24), make().batch(5, 24)
        np.testing.assert_array_equal(x, again)
        self.assertEqual(len(labels), 16)
        self.assertLessEqual(len({int(c) // 10 for c in labels}), 2)  # two seeds and their rivals, not eight groups

    def test_a_crop_from_a_cup_keeps_its_scale(self):
        wide = np.zeros((184, 184, 3), np.uint8)
        c = np.arange(184) - 91.5
        wide[np.hypot(c[:, None], c[None, :]) < 184 / 1.16 / 2] = 255
        shares = [(vary(wide, 1.16, 160, np.random.default_rng(i)).mean(2) > 60).mean() for i in range(12)]
        self.assertAlmostEqual(float(np.mean(shares)), np.pi / 4 / 1.04**2, delta=0.03)


class Choosing(unittest.TestCase):
    def manifest(self, diameter):
        design = lambda name, mm: {"id": name, "diameterMm": mm, "toleranceMm": 0.6}
        return {"designs": [design("a", 20.0), design("b", diameter)], "classes": [{"id": "a/obverse", "designs": ["a"]}, {"id": "b/obverse", "designs": ["b"]}]}

    vectors = np.array([[1, 0], [0.8, 0.6]], np.float32)

    def alike(self, vectors):
        return look_alikes.exemplars_alike(vectors, np.array([0, 1]), 2)

    def test_classes_that_look_alike_need_a_lead(self):
        self.assertEqual(look_alikes.look_alikes(self.manifest(20.5), self.alike(self.vectors)), [{"classes": [0, 1], "margin": 0.5}])

    def test_an_item_is_a_stranger_to_all_taught_designs_but_its_own(self):
        strange, own = strangers_and_own(np.array([[0.9, 0.4, 0.3], [0.2, 0.5, 0.7]]), np.array([0, 1]))
        self.assertEqual((strange.tolist(), own.tolist()), ([0.4, 0.7], [0.9, 0.5]))

    def test_a_size_tells_them_apart(self):
        self.assertEqual(look_alikes.look_alikes(self.manifest(22.0), self.alike(self.vectors)), [])

    def test_classes_that_differ_need_none(self):
        self.assertEqual(look_alikes.look_alikes(self.manifest(20.5), self.alike(np.eye(2, dtype=np.float32))), [])

    def test_a_coin_that_was_taken_for_another_makes_its_classes_look_alike(self):
        sims, floors = np.array([[0.5, 0.62], [0.7, 0.5]]), np.array([0.4, 0.4])
        found = look_alikes.takings(self.manifest(20.5), ["a", "a"], sims, floors)
        self.assertEqual([(t.item, t.own, t.other) for t in found], [(0, 0, 1)])
        self.assertEqual(look_alikes.look_alikes(self.manifest(20.5), self.alike(np.eye(2, dtype=np.float32)), found), [{"classes": [0, 1], "margin": 0.17}])

    def test_a_coin_like_nothing_known_or_of_no_size_of_its_own_says_nothing_of_look_alikes(self):
        sims, floors = np.array([[0.2, 0.3], [-1.0, 0.6], [0.1, 0.6]]), np.array([0.4, 0.4])
        self.assertEqual(look_alikes.takings(self.manifest(20.5), ["a", "a", None], sims, floors), [])

    def test_where_enough_held_back_coins_speak_the_exemplars_do_not(self):
        of = lambda coins: look_alikes.look_alikes(self.manifest(20.5), self.alike(self.vectors), (), coins)
        self.assertEqual((of({0: 15, 1: 15}), len(of({0: 15, 1: 14})), len(of({0: 15}))), ([], 1, 1))

    def test_the_larger_lead_holds(self):
        taken = [look_alikes.Taking(0, 0, 1, 0.3)]
        self.assertEqual(look_alikes.look_alikes(self.manifest(20.5), self.alike(self.vectors), taken)[0]["margin"], 0.5)


class KeptTraining(unittest.TestCase):
    def test_a_network_that_is_kept_comes_back_in_half_precision(self):
        state = {"ema": {"a.weight": torch.tensor([[1.0, 1 / 3]])}, "classes": ["x", "y"], "step": 7, "seed": 1, "look": 2, "seconds": 3.5}
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "checkpoint" / "items.npz"
            checkpoint.save(state, file)
            kept = checkpoint.load(file)
        self.assertEqual(kept["classes"], ["x", "y"])
        self.assertEqual((kept["step"], kept["look"], kept["warm"]), (7, 2, None))
        self.assertEqual(kept["ema"]["a.weight"].tolist(), [[1.0, float(np.float16(1 / 3))]])

    def test_a_weight_that_half_precision_cannot_hold_is_refused(self):
        with self.assertRaisesRegex(ValueError, "b has a value of 1e\\+05"):
            checkpoint.rounded({"b": np.array([1e5])})


class Sisters(unittest.TestCase):
    def test_only_the_year_moves_in_its_own_numerals(self):
        oak, sides = years_later(BY_ID["oak-mark"], 6)
        self.assertEqual((oak.reverse.bottom, sides, oak.obverse), ("· 1974 ·", ["reverse"], BY_ID["oak-mark"].obverse))
        gate, sides = years_later(BY_ID["gate-florin"], -5)
        self.assertEqual((gate.obverse.bottom, sides), ("MCMXIX", ["obverse"]))
        self.assertEqual(years_later(BY_ID["wheat-5"], 1)[1], [])

    def test_no_split_has_a_sister_of_another(self):
        self.assertEqual(len({y for years in SISTER_YEARS.values() for y in years}), sum(map(len, SISTER_YEARS.values())))

    def test_a_cup_with_a_sister_among_right_coins(self):
        from generate.cups import fill
        for seed in range(8):
            pieces, design, count, whole = fill("other_year", Rendered("calibration"), 60, np.random.default_rng(seed))
            sister = pieces[-1]
            self.assertIsNone(whole)
            self.assertEqual(len(pieces), count)
            self.assertIn((sister.design, sister.side), {(s.id, side) for known, s, sides in sisters("calibration") if known.id == design for side in sides})


if __name__ == "__main__":
    unittest.main()
