"""What models/report counts, on outcomes as `cupcheck evaluate --cups-out` writes them."""
import json
import tempfile
import unittest
from pathlib import Path

from report import measures
from report.aims import aims_table
from report.attempts import attempts_section, measured
from report.merge import merge, parse
from report.again import differences
from report.outcomes import read
from report.tables import Judges, judges_table, kinds_table, known_table, limits_table, slices_table, weakest_line, weakest_table
from report.slices import slices
from train.ablations import ablation_tables
from report.write import half_line, taught_line

EVIDENCE = {"bound": 0.012, "kinds": {"one_impostor": {"bound": 0.036}}}
MANIFEST = {
    "judge": {"name": "metric"},
    "designs": [{"id": "ship", "threshold": "own"}, {"id": "tree", "threshold": None}],
    "thresholds": {"own": {"score": None, "evidence": None, "wider": "pool"}, "pool": {"score": 0.2, "evidence": EVIDENCE}},
}


def cup(image="a.jpg", judge="metric", score=0.3, coin="ship-40", kind="clean", verdict="green", expect="ship", **change):
    clean = kind == "clean"
    truth = [{"coin": coin, "design": expect if clean else "other", "set": "us", "side": "obverse", "visible": 1, "found": True}]
    return {"judge": judge, "image": image, "kind": kind, "expect": expect, "truthDesign": expect if clean else None, "greenAllowed": clean, "source": None,
            "trueItems": 1, "backs": 0.0, "verdict": verdict, "reasons": [] if verdict == "green" else ["mixed_designs"], "score": score, "threshold": -1e9,
            "design": expect, "ms": {"infer": 10, "judge": 2.5}, "items": [], "truth": truth} | change


def outcomes(*cups):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cups.jsonl"
        path.write_text("".join(json.dumps(c) + "\n" for c in cups))
        return read(path)


def bad(score, coin, **change):
    return cup(score=score, coin=coin, kind="one_impostor", **change)


class Weakest(unittest.TestCase):
    def test_the_coin_with_the_lowest_score_answers_for_an_amber_cup(self):
        items = [{"coin": "ship-40", "matched": True, "score": 0.4}, {"coin": "ship-01", "matched": True, "score": -0.2}, {"coin": "ship-65", "matched": False, "score": -9}]
        truth = [{"coin": c, "design": "ship", "set": "us", "side": "obverse", "visible": 1, "found": True} for c in ("ship-40", "ship-01", "ship-65")]
        found = outcomes(cup(verdict="amber", items=items, truth=truth), cup(image="b.jpg", verdict="amber", items=items[:1]), cup(image="c.jpg", items=items[:1]))["metric"]
        self.assertIn("In 2 ambers of clean cups the item with the lowest score was one of 2 coins, of 3 that lay in clean cups", weakest_line(found))
        self.assertIn("| ship-01 | 1 | 1 | mixed_designs 1 |", weakest_table(found))
        self.assertIn("| worn flat (below grade 3) | 1 | 33.3 % | 1 | 0 | 0 | 0 |", limits_table(found))
        self.assertIn("| grade 7 and better | 1 | 33.3 % | 1 | 0 | 0 | 0 |", limits_table(found))
        self.assertIn("| ship-40 | 1 | 3 | mixed_designs 1 |", weakest_table(found))


class Taught(unittest.TestCase):
    def test_what_limits_enrolled_designs_is_said_by_the_floor_in_the_manifest(self):
        taught = {"floor": 0.593, "designs": 18, "items": 55, "ownBelow": 0.6909}
        said = taught_line({"provenance": {"chosen": {"unknownSimilarity": {"taught": taught}}}})
        self.assertIn("alike by 0.593 or more", said)
        self.assertIn("Of 55 views of 18 held-back designs 69.1 % lie below it", said)


class Measures(unittest.TestCase):
    def test_a_bound_is_exact(self):
        self.assertAlmostEqual(measures.upper_bound(0, 100), 1 - 0.05 ** (1 / 100))
        self.assertAlmostEqual(measures.upper_bound(1, 10), 0.394163, places=5)
        self.assertEqual(measures.upper_bound(0, 0), 1.0)

    def test_cups_that_share_a_coin_are_one_piece_of_evidence(self):
        found = measures.risk(outcomes(bad(0.3, "x"), bad(0.1, "x", verdict="amber"), bad(None, "y", verdict="amber"))["metric"])
        self.assertEqual((found.cups, found.false_greens, found.trials, found.failed), (3, 1, 2, 1))

    def test_a_clean_cup_that_is_green_as_another_design_is_a_false_green(self):
        found = outcomes(cup(), cup(design="tree"))["metric"]
        self.assertEqual(measures.coverage(found), (1, 2))
        self.assertEqual(measures.risk(found).false_greens, 1)

    def test_a_design_without_evidence_of_its_own_has_the_wider_threshold(self):
        calibration = measures.calibration_of(MANIFEST, "metric")
        self.assertEqual(calibration.score("ship"), 0.2)
        self.assertIsNone(calibration.score("tree"))
        self.assertIsNone(measures.calibration_of(MANIFEST, "vote"))

    def test_calibrated_greens_reach_their_threshold(self):
        found = outcomes(cup(score=0.2), cup(score=0.19), cup(expect="tree"), cup(verdict="amber", score=0.9))["metric"]
        calibrated = measures.at_calibrated(found, measures.calibration_of(MANIFEST, "metric"))
        self.assertEqual([o.green for o in calibrated], [True, False, False, False])
        self.assertEqual([o.reasons for o in calibrated], [(), ("low_margin",), ("not_covered",), ("mixed_designs",)])

    def test_over_every_false_green_only_what_scores_more(self):
        found = outcomes(cup(score=0.3), cup(score=0.31), bad(0.3, "x"))["metric"]
        self.assertEqual([o.green for o in measures.over_every_false_green(found)], [False, True, False])


class Tables(unittest.TestCase):
    def judges(self):
        metric = [cup(), cup(score=0.1, coin="ship-04"), bad(0.1, "x")]
        return Judges(outcomes(*(c | {"judge": j} for c in metric for j in ("vote", "metric"))), MANIFEST)

    def test_the_bundles_judge_comes_first_with_its_calibration(self):
        rows = judges_table(self.judges()).splitlines()[2:]
        self.assertTrue(rows[0].startswith("| metric | 50.0 % | 50.0 % | 0 of 1 | 0 of 1 | 95.0 % | 1.2 % | 3.6 % |"), rows[0])
        self.assertTrue(rows[1].startswith("| vote | 50.0 % | not calibrated |"), rows[1])

    def test_false_greens_with_and_without_a_threshold(self):
        rows = kinds_table(self.judges()).splitlines()[2:]
        self.assertEqual(rows[0], "| metric, calibrated | 0 of 1, ≤ 95.0 % |")
        self.assertEqual(rows[2], "| vote, no threshold | 1 of 1, ≤ 100.0 % |")

    def test_slices_by_wear(self):
        table = slices_table(self.judges())
        self.assertIn("| no coin worn below grade 7 | 1 | 100.0 % | 100.0 % |", table)
        self.assertIn("| some coin worn below grade 7 | 1 | 0.0 % | 0.0 % |", table)

    def test_an_aim_is_short_or_reached(self):
        table = aims_table(self.judges(), {"all": [95, 100]})
        self.assertIn("47.0 points short", table)
        self.assertIn("| clean cups of enrolled designs green | 90.0 % | 95.0 % (95 of 100) | reached |", table)
        self.assertIn("2999 cups fewer than aimed at", table)

    def test_an_item_that_is_mostly_seen_has_to_be_found(self):
        seen = cup()["truth"][0]
        judged = outcomes(cup(truth=[seen, seen | {"found": False}, seen | {"visible": 0.5, "found": False}]))["metric"]
        self.assertEqual(measures.recall(judged), (1, 2))

    def test_more_cups_with_an_impostor_count_at_the_calibrated_threshold(self):
        more = outcomes(bad(0.1, "y"), bad(0.3, "z"))["metric"]
        table = aims_table(self.judges(), None, more)
        self.assertIn("1 of 3; 1 of 3 trials failed", table)

    def test_an_attempt_is_measured_at_one_score(self):
        found = measured(outcomes(cup(score=0.3), cup(score=0.04), cup(score=0.2, coin="ship-04"), bad(0.25, "x"), bad(-0.1, "y"))["metric"])
        self.assertEqual(found, {"clean": 3, "green": 2, "unworn": 2, "unwornGreen": 1, "bad": 2, "falseGreens": 1, "atZero": 1})
        self.assertIn("| this | 66.7 % | 50.0 % | 1 of 2 | 33.3 % | abc | 1234 |", attempts_section([{"name": "this", "commit": "abc", "cups": "1234", **found}]))

    def test_by_number_of_designs_known(self):
        few = outcomes(cup(), cup(score=0.1), bad(0.3, "x"))
        rows = known_table(MANIFEST, {1: few, 50: few}, self.judges().cups).splitlines()
        self.assertEqual(rows[0], "| judge | 1 designs | all 2 designs |")
        self.assertEqual(rows[2:], ["| metric | 0.0 %; 50.0 %, 1 of 1 | 50.0 %; 50.0 %, 0 of 1 |"])

    def test_what_half_precision_changes(self):
        half = outcomes(cup(score=0.31), cup(image="b.jpg", verdict="amber", score=None))
        judges = Judges(outcomes(cup(), cup(image="b.jpg")), MANIFEST)
        self.assertIn("first 2 cups: 1 verdicts differ; scores move by at most 0.0100", half_line(judges, half))

    def test_ablations_as_tables(self):
        row = {"option": "as shipped", "loss": 0.5, "top1": 0.9, "atZero": None, "atOne": 0.8, "right": 10, "wrong": 20}
        text = list(ablation_tables({"set": {"about": "Sets.", "rows": [row]}}, "###"))
        self.assertEqual(text[0].splitlines()[0], "### set")
        self.assertEqual(text[0].splitlines()[-1], "| as shipped | 0.500 | 90.0% | – | 80.0% | 10 / 20 |")

    def test_cups_of_several_makes_are_told_apart(self):
        found = outcomes(cup(), cup(source="photographs"), cup(source="photographs, look 2"))["metric"]
        named = {name: sum(map(holds, found)) for name, holds in slices(found)}
        self.assertEqual((named["made of photographs"], named["made of photographs, look 2"]), (1, 1))


    def test_cups_are_told_apart_by_how_many_pictures_their_design_was_trained_on(self):
        found = outcomes(cup(), cup(expect="tree"), cup(expect="tree"))["metric"]
        named = {name: sum(map(holds, found)) for name, holds in slices(found, {"ship": 30, "tree": 12})}
        self.assertEqual((named["of a design trained on 28 or more pictures"], named["of a design trained on 1 to 19 pictures"]), (1, 2))
        self.assertFalse([name for name, _ in slices(found) if "trained" in name])


class Merge(unittest.TestCase):
    def test_folders_become_one(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for part in ("one", "two"):
                (folder / part).mkdir()
                (folder / part / "cup.jpg").write_text(part)
                (folder / part / "truth.jsonl").write_text(json.dumps({"image": "cup.jpg", "reference": None, "seed": 7} if part == "two" else {"image": "cup.jpg"}) + "\n")
            parts = [parse(f"a={folder}/one:photographs:31"), parse(f"b={folder}/two")]
            for _ in range(2):  # twice is the same
                self.assertEqual(merge(folder / "all", parts), 2)
            cups = [json.loads(line) for line in (folder / "all" / "truth.jsonl").read_text().splitlines()]
            self.assertEqual([(c["image"], c.get("seed"), c.get("source")) for c in cups], [("a-cup.jpg", 31, "photographs"), ("b-cup.jpg", 7, None)])
            self.assertEqual((folder / "all" / "b-cup.jpg").read_text(), "two")


class Again(unittest.TestCase):
    def bundle(self, folder, **change):
        manifest = {"created": "today", "thresholds": {"p": 0.1}, "files": {"items.onnx": {}}, "provenance": {"seconds": 1}}
        (Path(folder) / "items.onnx").write_bytes(b"weights")
        (Path(folder) / "manifest.json").write_text(json.dumps({**manifest, **change}))

    def test_bundles_that_judge_alike_differ_in_nothing(self):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
            self.bundle(one)
            self.bundle(other, created="tomorrow", provenance={"seconds": 2})
            self.assertEqual(list(differences(one, other)), [])
            self.bundle(other, thresholds={"p": 0.11})
            self.assertEqual(list(differences(one, other)), ["thresholds of the manifest"])
            self.bundle(other)
            (Path(other) / "items.onnx").write_bytes(b"other weights")
            self.assertEqual(list(differences(one, other)), ["items.onnx"])
            (Path(other) / "items.onnx").unlink()
            self.assertEqual(list(differences(one, other)), ["items.onnx"])


if __name__ == "__main__":
    unittest.main()
