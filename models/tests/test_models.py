"""python3 -m unittest tests.test_models   (in models/; needs numpy, OpenCV, PIL, scipy; no photographs, no torch)"""
import unittest

import numpy as np

import calibrate
from generate.camera import expose
from generate.compose import lay_out, outline, paint
from generate.pools import Rendered
from generate.station import make_station
from train.augment import disc_mask


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


def cup(kind, score, coins, reasons=()):
    return {"kind": kind, "expect": "a", "score": score, "reasons": list(reasons), "truth": [{"coin": c, "design": d} for c, d in coins]}


class Calibration(unittest.TestCase):
    def test_zero_of_a_hundred_is_three_in_a_hundred(self):
        self.assertAlmostEqual(calibrate.upper_bound(0, 100), 1 - 0.05 ** (1 / 100), places=6)

    def test_a_coin_counts_once_however_many_cups_it_lay_in(self):
        cups = [cup("one_impostor", 0.3, [("x-1", "x"), ("a-1", "a")]) for _ in range(5)]
        self.assertEqual(calibrate.tally(cups, 0.2)["one_impostor"], (1, 1))

    def test_the_walk_stops_above_the_first_false_green(self):
        cups = [cup("one_impostor", -0.5, [(f"x-{i}", "x")]) for i in range(99)] + [cup("whole_wrong", 0.215, [("y-1", "y")])]
        self.assertEqual(calibrate.choose(cups), 0.22)

    def test_a_cup_that_another_gate_stops_is_no_false_green(self):
        cups = [cup("one_impostor", 0.5, [(f"x-{i}", "x")], ["wrong_size"]) for i in range(100)]
        self.assertEqual(calibrate.choose(cups), 0.0)

    def test_too_few_coins_carry_no_threshold(self):
        self.assertIsNone(calibrate.choose([cup("one_impostor", -1, [("x-1", "x")])]))


if __name__ == "__main__":
    unittest.main()
