"""python3 -m unittest tests.test_own   (needs torch, onnx, OpenCV; no photographs): the folder of one's own coins, its split, its network, its verdict."""
import json
import tempfile
import unittest
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import onnx

from calibration.bounds import trials_needed
from own import bundle, choose, cuts, evidence, folder, make, network, split, steps, verdict

BASE = Path(__file__).resolve().parent.parent / "bundles" / "first"
HEADER = "design,name,diameter_mm"


class Folder(unittest.TestCase):
    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.root = Path(made.name)
        self.serial = 0
        self.table("a,A,20", "b,B,24.5")
        for d in ("a", "b"):
            self.fill(d, [f"{k:02d}_x" for k in range(8)])

    def table(self, *rows, header=HEADER):
        (self.root / "designs.csv").write_text("\n".join([header, *rows]) + "\n")

    def fill(self, design, names, sides=("obverse", "reverse")):
        for side in sides:
            (self.root / design / side).mkdir(parents=True, exist_ok=True)
            for name in names:
                self.serial += 1
                (self.root / design / side / f"{name}.jpg").write_bytes(b"%d" % self.serial)

    def problems(self):
        with self.assertRaises(folder.FolderProblems) as caught:
            folder.read_folder(self.root)
        return "\n".join(caught.exception.problems)

    def test_a_right_folder_is_read_and_two_sides_are_one_coin(self):
        designs, photos, notes = folder.read_folder(self.root)
        self.assertEqual([d.diameter_mm for d in designs], [20.0, 24.5])
        self.assertEqual(len(photos), 32)
        self.assertEqual({p.side for p in photos if p.coin == "a-03"}, {"obverse", "reverse"})
        self.assertEqual(notes, [])

    def test_a_wrong_number_is_told_with_row_and_value(self):
        self.table("a,A,20", 'b,B,"24,5"')
        self.assertIn("row 3: diameter_mm is '24,5', wanted a number from 8 to 60", self.problems())

    def test_semicolons_and_unknown_columns_are_told(self):
        self.table("a;A;20", header="design;name;diameter_mm")
        self.assertIn("semicolons", self.problems())
        self.table("a,A,20", header="design,name,size")
        self.assertIn("row 1: the columns are design,name,size", self.problems())

    def test_all_that_is_wrong_is_told_at_once(self):
        self.table("a,A,20", "a,A,21", "c,C,30", "b b,B,2")
        said = self.problems()
        for part in ("'a' stands in an earlier row", "c/ is missing", "'b b'", "b/ is in no row"):
            self.assertIn(part, said)

    def test_names_that_a_camera_gave_are_not_one_coin(self):
        self.fill("c", [f"IMG_{k:04d}" for k in range(12)])
        self.table("a,A,20", "b,B,24", "c,C,22")
        self.assertIn("24 of 24 names begin with 'IMG_'", self.problems())

    def test_too_few_coins_and_a_side_without_photographs_are_told(self):
        self.fill("c", [f"{k}_x" for k in range(5)], sides=("obverse",))
        self.table("a,A,20", "b,B,24", "c,C,22")
        said = self.problems()
        self.assertIn("c/ shows 5 coins in 5 photographs, wanted 8", said)
        self.assertIn("c/reverse/ holds no photograph", said)

    def test_a_side_that_repeats_anothers_needs_no_photographs(self):
        self.fill("c", [f"{k}_x" for k in range(8)], sides=("reverse",))
        self.table("a,A,20,", "b,B,24,", "c,C,20,a", header=HEADER + ",obverse_of")
        designs, _, _ = folder.read_folder(self.root)
        self.assertEqual(designs[2].picture_of("obverse"), "a")
        self.table("a,A,20,", "b,B,24,", "c,C,20,z", header=HEADER + ",obverse_of")
        self.assertIn("obverse_of of 'c' is 'z'", self.problems())

    def test_one_file_under_two_names_is_told(self):
        (self.root / "b" / "obverse" / "09_x.jpg").write_bytes((self.root / "a" / "obverse" / "00_x.jpg").read_bytes())
        self.assertIn("are the same file", self.problems())


class Splitting(unittest.TestCase):
    coins = [f"a-{k:02d}" for k in range(24)]

    def test_each_part_has_its_share_and_each_coin_one_part(self):
        self.assertEqual(Counter(split.deal(self.coins).values()), {"train": 8, "calibration": 8, "test-photo": 5, "choosing": 3})
        self.assertTrue(all(set(split.deal(self.coins[:n]).values()) == set(split.SHARES) for n in range(folder.LEAST_COINS, 25)))

    def test_the_order_of_the_files_plays_no_part(self):
        self.assertEqual(split.deal(self.coins), split.deal(self.coins[::-1]))

    def test_both_sides_of_a_coin_serve_the_same(self):
        photos = [folder.Photo(f"{c}-{s}", "a", s, c) for c in self.coins for s in folder.SIDES]
        parts = split.split(photos)
        self.assertEqual(len(parts), 24)

    def test_strangers_are_no_examples(self):
        parts = split.split([folder.Photo(f"s{k}", "", "any", f"stranger-{k}") for k in range(20)])
        self.assertNotIn("train", parts.values())


class Cutting(unittest.TestCase):
    def cut(self, picture):
        with tempfile.TemporaryDirectory() as made:
            path = Path(made) / "p.png"
            cv2.imwrite(str(path), picture)
            return cuts.cut_file(path)

    def test_a_coin_of_a_large_photograph_fills_its_cut_out(self):
        picture = np.full((900, 1400, 3), 240, np.uint8)
        cv2.circle(picture, (700, 430), 380, (60, 90, 120), -1, cv2.LINE_AA)
        out = self.cut(picture)
        disc = out[..., 3] > 200
        self.assertLess(np.abs(out[disc][:, :3].astype(int) - (120, 90, 60)).max(1).mean(), 2)

    def test_an_empty_table_and_a_tiny_coin_are_told_apart(self):
        with self.assertRaisesRegex(cuts.NoCoin, "no one round coin"):
            self.cut(np.full((300, 300, 3), 200, np.uint8))
        small = np.full((120, 120, 3), 240, np.uint8)
        cv2.circle(small, (60, 60), 45, (60, 60, 60), -1)
        with self.assertRaisesRegex(cuts.NoCoin, r"\d\d px wide"):
            self.cut(small)


def example(design, side):
    return {"design": design, "side": side}


class Bundle(unittest.TestCase):
    def test_a_shared_picture_is_one_class_at_one_size_and_two_at_two(self):
        row = lambda name, mm, same=None: {"id": name, "diameterMm": mm, "same": same or {}}
        designs = [row("a", 20), row("b", 20, {"obverse": "a"}), row("c", 25, {"obverse": "a"})]
        examples = [example("a", "obverse"), example("a", "reverse"), example("b", "reverse"), example("c", "reverse")]
        classes = {c[0]: (c[2], c[3]) for c in bundle.class_members(designs, examples)}
        self.assertEqual(classes["a/obverse"], (["a", "b"], [0]))
        self.assertEqual(classes["c/obverse"], (["c"], [0]))
        self.assertEqual(len(classes), 5)

    def test_unsorted_photographs_fall_into_their_two_faces(self):
        rng = np.random.default_rng(1)
        v = np.repeat(np.eye(2, 8), (5, 7), axis=0) + rng.normal(0, 0.05, (12, 8))
        v /= np.linalg.norm(v, axis=1, keepdims=True)
        self.assertEqual(sorted(sorted(g.tolist()) for g in bundle.two_faces(v)), [list(range(5)), list(range(5, 12))])

    def test_the_network_keeps_all_but_its_scores(self):
        means = np.eye(3, 256, dtype=np.float32)
        with tempfile.TemporaryDirectory() as made:
            target = Path(made) / "items.onnx"
            network.with_classes(BASE / "items.onnx", target, means)
            old, new = onnx.load(str(BASE / "items.onnx")).graph, onnx.load(str(target)).graph
        weights = next(n.input[1] for n in new.node if "scores" in n.output)
        table = {i.name: i for i in new.initializer}
        np.testing.assert_array_equal(onnx.numpy_helper.to_array(table[weights]), means.T)
        self.assertEqual([o.name for o in new.output], [o.name for o in old.output])
        self.assertTrue(all(i == table[i.name] for i in old.initializer if i.name != weights))

    def test_a_strangers_own_look_alike_is_the_margins_business(self):
        manifest = {"classes": [{"designs": ["a"]}, {"designs": ["b"]}, {"designs": ["c"]}]}
        rows, sims = [{"truth": {"design": "a"}}], np.array([[0.9, 0.8, 0.3]])
        self.assertEqual(choose.strangers_best(manifest, rows, sims, []).tolist(), [0.8])
        self.assertEqual(choose.strangers_best(manifest, rows, sims, [{"classes": [0, 1], "margin": 0.1}]).tolist(), [0.3])


def judged(kind, score, coin, set_="own", reasons=(), verdict_="amber"):
    return {"kind": kind, "expect": "a", "score": score, "reasons": list(reasons), "verdict": verdict_, "greenAllowed": kind == "clean", "image": "c.jpg",
            "truth": [{"coin": coin, "design": "a" if kind == "clean" else "x", "set": set_}]}

    def test_the_floor_is_the_strictest_of_the_photographed_classes(self):
        designs = [{"id": "a", "origin": "photographs"}, {"id": "b", "origin": "photographs"}, {"id": "c", "origin": "rendered"}]
        classes = [{"designs": [d["id"]], "unknownSimilarity": floor} for d, floor in zip(designs, (0.4, 0.42, 0.7))]
        manifest = {"designs": designs, "classes": classes, "judge": {"unknownSimilarity": 0.9}}
        self.assertEqual(bundle.floor_of(manifest), 0.42)
        self.assertEqual(bundle.floor_of({**manifest, "classes": classes[2:]}), 0.7)
        self.assertEqual(bundle.floor_of({**manifest, "classes": []}), 0.9)


class Evidence(unittest.TestCase):
    def test_drawn_things_carry_no_bound_but_count_against(self):
        cups = [judged("one_impostor", 0.1, "x-1"), judged("foreign", 0.5, "cap-1", "foreign"), judged("foreign", -0.5, "cap-2", "foreign"), judged("clean", 0.9, "a-1")]
        self.assertEqual([c["truth"][0]["coin"] for c in evidence.photographed(cups)], ["x-1", "a-1"])
        self.assertEqual([c["truth"][0]["coin"] for c in evidence.passing_drawn(cups, 0.2)], ["cap-1"])

    def test_how_many_coins_a_bound_takes(self):
        self.assertEqual([trials_needed(b) for b in evidence.GOALS], [59, 99, 149, 299, 2995])


class Verdict(unittest.TestCase):
    manifest = {"name": "m", "version": "1.0.0", "classes": [], "designs": [{"id": "a", "threshold": "photographs"}], "judge": {},
                "thresholds": {"photographs": {"score": 0.2, "evidence": {"distinctCoins": 60, "bound": 0.0487, "confidence": 0.95, "kinds": {"one_impostor": {"coins": 50, "bound": 0.0582}}}}}}
    listed = {"coins": [{"coin": "a-1", "design": "a", "part": "train"}], "left": [("a/obverse/7.jpg", "no coin")]}

    def text(self, test):
        lines, usable, _ = verdict.verdict(self.manifest, "photographs", [judged("one_impostor", 0.1, "x-1")], test, self.listed, [])
        return "\n".join(lines), usable

    def test_a_good_one_tells_coverage_bound_and_what_was_left_out(self):
        said, usable = self.text([judged("clean", 0.5, "a-2", verdict_="green"), judged("clean", 0.1, "a-3", reasons=["low_margin"]), judged("one_impostor", 0.1, "x-2")])
        self.assertTrue(usable)
        for part in ("covered      1 of 1", "50.0 % (1 of 2) green", "false greens 0 of 1", "at most 4.9 %", "a/obverse/7.jpg", "1 clean cup amber: low_margin"):
            self.assertIn(part, said)

    def test_fewer_clean_greens_leave_a_larger_share_of_wrong_ones(self):
        self.assertEqual(verdict.greens_for_a_wrong_one(0.01, 1.0), 9901)
        self.assertEqual(verdict.greens_for_a_wrong_one(0.01, 0.5), 4951)

    def test_too_few_cups_are_told_from_too_few_coins(self):
        coins = lambda n: {"coins": [{"coin": f"x-{k}", "design": "x", "part": "calibration"} for k in range(n)], "left": []}
        say = lambda n: "\n".join(verdict._evidence_lines(self.manifest, [judged("one_impostor", 0.1, "x-1")], coins(n)["coins"]))
        self.assertIn("only 1 of 5 coins", say(5))
        self.assertIn("for a bound of 5.0 %: 59 coins", say(1))
        self.assertIn("no photographs of strangers", say(1))

    def test_a_false_green_makes_it_unfit(self):
        said, usable = self.text([judged("one_impostor", 0.5, "x-2", verdict_="green")])
        self.assertFalse(usable)
        self.assertIn("FALSE GREENS", said)
        self.assertIn("x-2 (x)", said)


class Going(unittest.TestCase):
    def test_a_step_is_kept_until_something_before_it_changes(self):
        with tempfile.TemporaryDirectory() as made:
            work, done = Path(made), []

            def run(first):
                s = steps.Steps(work, 2, lambda _: None)
                for name, inputs in (("one", first), ("two", 0)):
                    s.run(name, inputs, [name], lambda name=name: (done.append(name), (work / name).write_text("x")))
            run(1), run(1)
            self.assertEqual(done, ["one", "two"])
            run(2)
            self.assertEqual(done, ["one", "two", "one", "two"])

    def test_a_step_that_was_cut_off_finds_what_it_wrote_and_one_with_other_inputs_does_not(self):
        with tempfile.TemporaryDirectory() as made:
            work, found = Path(made), []

            def action():
                found.append((work / "f.part").exists())
                (work / "f.part").write_text("half")
                raise KeyboardInterrupt
            for inputs in (1, 1, 2):
                with self.assertRaises(KeyboardInterrupt):
                    steps.Steps(work, 1, lambda _: None).run("f", inputs, ["f"], action)
            self.assertEqual(found, [False, True, False])

    def test_a_bundle_that_made_a_false_green_is_not_handed_over(self):
        with tempfile.TemporaryDirectory() as made:
            work, out = Path(made) / "work", Path(made) / "mine"
            (work / "bundle").mkdir(parents=True)
            self.assertIn("stays as it was", make.hand_over(work, out, "mine", False, [judged("one_impostor", 0.5, "x-1", verdict_="green")]))
            self.assertFalse(out.exists())
            make.hand_over(work, out, "mine", True, [])
            self.assertTrue(out.is_dir())

    def test_a_bundle_of_another_making_is_not_overwritten(self):
        with self.assertRaisesRegex(SystemExit, "was not made by own.make"):
            make.main(["--photos", "x", "--out", str(BASE)])


if __name__ == "__main__":
    unittest.main()
