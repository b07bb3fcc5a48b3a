"""python3 -m unittest tests.test_calibration   (in models/; needs numpy, scipy; no photographs; a few seconds)"""
import unittest

import numpy as np

import unread
from choose_judge import best, compared
from calibration.bounds import CONFIDENCE, trials_needed, upper_bound
from calibration.scopes import assign
from calibration.simulate import COPIES, RUNS, rate, table, walked
from calibration.trials import by_expected_design, by_impostor_design, tempted
from calibration.walk import MARGIN, calibrate, evidence, lowest_passing, round_up


def cup(kind, score, coins, reasons=(), expect="a"):
    truth = [{"coin": c, "design": d} for c, d in coins]
    return {"image": "cup.jpg", "kind": kind, "expect": expect, "score": score, "reasons": list(reasons), "truth": truth}


def single(n, score=-0.5, expect="a", first=0):
    """n cups with an impostor each, all different coins."""
    return [cup("one_impostor", score, [(f"a-{i}", expect), (f"x-{first + i}", "x")], expect=expect) for i in range(n)]


class OwnJudge(unittest.TestCase):
    def judged(self, judge, clean, impostors):
        """60 impostors, of which the last have these scores, and clean cups of these scores."""
        bad = single(60 - len(impostors)) + [cup("one_impostor", s, [(f"y-{i}", "x")]) for i, s in enumerate(impostors)]
        return [c | {"judge": judge} for c in [*bad, *(cup("clean", s, [("a-1", "a")]) for s in clean)]]

    def test_the_judge_with_most_clean_cups_green_at_its_own_threshold_is_the_bundles(self):
        found = compared([*self.judged("metric", [0.3, 0.2, 0.15], [0.11]), *self.judged("cgd", [0.3, 0.14, 0.12], [])])
        self.assertEqual((found["metric"]["threshold"], found["metric"]["green"], found["metric"]["tempted"]), (0.22, 1, 1))
        self.assertEqual((found["cgd"]["threshold"], found["cgd"]["green"], found["cgd"]["bad"]), (0.1, 3, 60))
        self.assertEqual(best(found), "cgd")

    def test_of_equal_judges_it_is_the_simplest(self):
        self.assertEqual(best(compared([*self.judged("boosted", [0.3], []), *self.judged("metric", [0.3], [])])), "metric")

    def test_a_judge_whose_worst_impostor_is_surer_than_any_threshold_is_out(self):
        found = compared([*self.judged("boosted", [0.9] * 9, [0.8]), *self.judged("metric", [0.3], [])])
        self.assertEqual((found["boosted"]["threshold"], found["boosted"]["green"], best(found)), (None, 0, "metric"))
        with self.assertRaisesRegex(ValueError, "none of boosted has a threshold"):
            best({"boosted": found["boosted"]})


class Bounds(unittest.TestCase):
    def test_zero_of_a_hundred_is_three_in_a_hundred(self):
        self.assertAlmostEqual(upper_bound(0, 100), 1 - 0.05 ** (1 / 100), places=9)

    def test_nothing_tried_bounds_nothing(self):
        self.assertEqual(upper_bound(0, 0), 1.0)

    def test_the_trials_that_a_bound_needs_are_the_fewest(self):
        for bound in (0.05, 0.01, 0.001):
            n = trials_needed(bound)
            self.assertLessEqual(upper_bound(0, n), bound)
            self.assertGreater(upper_bound(0, n - 1), bound)

    def test_a_bound_is_never_printed_smaller_than_it_is(self):
        self.assertEqual([round_up(x) for x in (0.01211, 0.0121, 1.0)], [0.0122, 0.0121, 1.0])


class Trials(unittest.TestCase):
    def test_a_coin_counts_once_however_many_cups_it_lay_in(self):
        cups = [cup("one_impostor", s, [("x-1", "x"), ("a-1", "a")]) for s in (-0.4, 0.3, 0.1)]
        np.testing.assert_array_equal(tempted(cups), [0.3])

    def test_a_cup_full_of_wrong_coins_counts_once(self):
        self.assertEqual(len(tempted([cup("whole_wrong", -1, [(f"x-{i}", "x") for i in range(5)])])), 1)

    def test_cups_that_share_a_wrong_coin_are_one_piece_of_evidence(self):
        cups = [cup("whole_wrong", -1, [("x-1", "x"), ("x-2", "x")]), cup("whole_wrong", -1, [("x-2", "x"), ("x-3", "x")]), cup("whole_wrong", -1, [("x-4", "x")])]
        self.assertEqual(len(tempted(cups)), 2)

    def test_a_green_cup_that_is_not_counted_fails_the_trial_that_it_shares_a_coin_with(self):
        cups = [cup("one_impostor", -1, [("x-1", "x")]), cup("whole_wrong", 0.4, [("x-1", "x"), ("x-2", "x")])]
        np.testing.assert_array_equal(tempted(cups), [0.4])

    def test_what_counts_does_not_depend_on_the_verdicts(self):
        rng = np.random.default_rng(3)
        cups = [cup("whole_wrong", -1, [(f"x-{c}", "x") for c in rng.choice(30, 4, replace=False)]) for _ in range(40)]
        counts = {len(tempted([c | {"score": float(rng.normal())} for c in cups])) for _ in range(20)}
        self.assertEqual(len(counts), 1)

    def test_coins_of_one_name_in_two_designs_are_two(self):
        self.assertEqual(len(tempted([cup("foreign", -1, [("1", "x")]), cup("foreign", -1, [("1", "y")])])), 2)

    def test_things_without_a_name_are_each_their_own(self):
        cups = [cup("foreign", -1, [(None, "cap")]) | {"image": f"{i}.jpg"} for i in range(3)]
        self.assertEqual(len(tempted(cups)), 3)

    def test_for_new_designs_the_designs_count(self):
        cups = single(10) + single(5, expect="b", first=10) + [cup("one_impostor", -1, [("y-1", "y")])]
        self.assertEqual((len(tempted(cups)), len(tempted(cups, by_impostor_design)), len(tempted(cups, by_expected_design))), (16, 2, 2))


class Walk(unittest.TestCase):
    def test_it_stops_above_the_first_false_green_and_ships_a_margin_more(self):
        cups = single(99) + [cup("whole_wrong", 0.215, [("y-1", "y")])]
        self.assertEqual(lowest_passing(tempted(cups)), 0.22)
        self.assertEqual(calibrate(cups, ["a"])["score"], round(0.22 + MARGIN, 2))

    def test_it_never_goes_on_below_a_failure(self):
        self.assertIsNone(lowest_passing(np.array([0.7] + [-1.0] * 99)))

    def test_a_cup_that_another_gate_stops_is_no_false_green(self):
        cups = [cup("one_impostor", 0.5, [(f"x-{i}", "x")], ["wrong_size"]) for i in range(100)]
        self.assertEqual(lowest_passing(tempted(cups)), 0.0)

    def test_too_few_coins_carry_no_threshold(self):
        self.assertEqual(calibrate(single(58), ["a"]), {"score": None, "evidence": None})
        self.assertEqual(calibrate(single(59), ["a"])["evidence"]["distinctCoins"], 59)

    def test_copies_of_few_coins_carry_no_threshold(self):
        self.assertIsNone(calibrate(single(20) * 50, ["a"])["score"])

    def test_cups_of_another_pool_are_no_evidence(self):
        self.assertIsNone(calibrate(single(100), ["b"])["score"])

    def test_bad_cups_without_an_order_are_refused(self):
        with self.assertRaisesRegex(ValueError, "cup.jpg"):
            calibrate([cup("one_impostor", 0, [("x-1", "x")], expect=None)], ["a", None])

    def test_the_evidence_says_what_was_counted_by_kind(self):
        cups = single(80) + [cup("foreign", -1, [(f"cap-{i}", "cap")]) for i in range(20)]
        got = calibrate(cups, ["a"], "pool")["evidence"]
        self.assertEqual((got["distinctCoins"], got["falseGreens"], got["bound"]), (100, 0, 0.0296))
        self.assertEqual(got["kinds"]["foreign"], {"coins": 20, "falseGreens": 0, "bound": 0.1392})
        self.assertEqual(got["kinds"]["whole_wrong"]["bound"], 1.0)
        self.assertEqual(got["anyMix"], 1.0)

    def test_a_bound_for_any_mix_splits_its_error_among_the_kinds(self):
        kinds = ("whole_wrong", "one_impostor", "foreign", "unknown_design")
        cups = [cup(k, -1, [(f"{k}-{i}", "x")]) for k in kinds for i in range(50)]
        self.assertEqual(evidence(cups, 0.1, "p")["anyMix"], round_up(upper_bound(0, 50, 1 - 0.05 / 4)))


class Years(unittest.TestCase):
    def sister(self, design, score, reasons=("low_margin",)):
        return cup("unknown_design", score, [(f"{design}-x", f"{design}+4")], list(reasons), expect=design)

    def marked(self, *cups):
        made = {"judge": {"name": "metric"}, "thresholds": {"p": {"score": 0.1}}, "designs": [{"id": d, "threshold": t, "unread": ["year"]} for d, t in (("a", "p"), ("b", "p"), ("c", None))]}
        found = unread.mark(made, list(cups))
        return found, {d["id"]: d.get("unread") for d in made["designs"]}

    def test_one_sister_that_passes_is_enough(self):
        found, unread_of = self.marked(self.sister("a", 0.05), self.sister("a", 0.1), self.sister("b", 0.09))
        self.assertEqual(found, {"a": (1, 2), "b": (0, 1)})
        self.assertEqual(unread_of, {"a": ["year"], "b": None, "c": None})

    def test_a_sister_that_another_gate_stops_has_not_passed(self):
        self.assertEqual(self.marked(self.sister("a", 0.5, ["mixed_designs"]))[1]["a"], None)

    def test_a_design_without_a_threshold_has_nothing_to_mark(self):
        self.assertEqual(self.marked(self.sister("c", 0.9))[1]["c"], None)

    def test_without_sisters_nothing_is_said(self):
        with self.assertRaisesRegex(ValueError, "sister"):
            self.marked(cup("one_impostor", 0.5, [("x-1", "x")]))


def manifest(**families):
    return {"designs": [{"id": d, "origin": "pool", "family": f, "threshold": "old"} for d, f in families.items()], "thresholds": {"else": {"score": None, "evidence": None}, "pool/design/gone": {}}, "judge": {"name": "metric"}}


class Scopes(unittest.TestCase):
    def test_a_design_gets_its_own_entry_where_its_evidence_suffices_else_its_familys_else_the_pools(self):
        m = manifest(a="f", b="f", c=None)
        assign(m, single(60, expect="a") + single(10, expect="b", first=60) + single(3, expect="c", first=70), "pool", "metric")
        self.assertEqual({d["id"]: d["threshold"] for d in m["designs"]}, {"a": "pool/design/a", "b": "pool/family/f", "c": "pool"})
        table = m["thresholds"]
        self.assertEqual(set(table), {"else", "pool", "pool/family/f", "pool/design/a"})
        self.assertEqual((table["pool/design/a"]["wider"], table["pool/family/f"]["wider"]), ("pool/family/f", "pool"))
        own = table["pool/design/a"]["evidence"]
        self.assertEqual((own["scope"], own["distinctCoins"], own["delta"]), ("design", 60, "own"))

    def test_less_evidence_never_buys_a_lower_threshold(self):
        m = manifest(a=None, b=None)
        assign(m, single(60, expect="a") + single(60, score=0.305, expect="b", first=60), "pool", "metric")
        self.assertEqual((m["thresholds"]["pool"]["score"], m["thresholds"]["pool/design/a"]["score"]), (round(0.31 + MARGIN, 2),) * 2)

    def test_a_design_may_need_more_than_the_pool_gives(self):
        m = manifest(a=None)
        m["thresholds"] = {}
        distances = assign(m, single(12), "pool", "metric")
        self.assertEqual((m["thresholds"]["pool"]["score"], distances), (None, [("design", "a", 12)]))

    def test_another_judge_has_a_table_of_its_own_and_names_nothing_for_the_designs(self):
        m = manifest(a=None)
        assign(m, single(80), "pool", "vote")
        self.assertEqual(set(m["judgeThresholds"]["vote"]), {"pool", "pool/design/a"})
        self.assertEqual((set(m["thresholds"]), m["designs"][0]["threshold"]), ({"else", "pool/design/gone"}, "old"))

    def test_a_design_that_no_bad_cup_was_tried_against_is_not_covered(self):
        m = manifest(a=None, b=None)
        assign(m, single(80, expect="a"), "pool", "metric")
        self.assertEqual([d["threshold"] for d in m["designs"]], ["pool/design/a", None])


class Simulated(unittest.TestCase):
    """Clustered worlds with known risk. It can fail: the wrong counts are asserted to break by the same measure."""

    @classmethod
    def setUpClass(cls):
        cls.rows = table()

    def test_the_bound_holds_in_95_of_100_calibrations_counted_in_what_is_independent(self):
        right = [r for r in self.rows if r.holds is True]
        self.assertEqual(len(right), 10)
        for r in right:
            self.assertLessEqual(r.broken / RUNS, 1 - CONFIDENCE, r)

    def test_counting_copies_breaks_it(self):
        wrong = [r for r in self.rows if r.holds is False and r.margin == 0]  # the margin hides much
        self.assertEqual({r.counted for r in wrong}, {"composites", "coins, each alone", "distinct coins"})
        for r in wrong:
            self.assertGreater(rate(r.broken)[1], 1 - CONFIDENCE, r)
        for r in wrong:
            if r.world is COPIES:
                self.assertGreater(rate(r.broken)[1], 0.5, r)

    def test_the_true_risk_is_the_share_of_new_cups_that_turn_green(self):
        from calibration.simulate import DESIGNS, TOGETHER
        for world in (COPIES, TOGETHER, DESIGNS):
            drawn = world.scores(500)
            for t in (-0.05, 0.1):
                self.assertAlmostEqual(float(world.risk(t)), float(np.mean(drawn >= t)), delta=0.01)

    def test_the_simulated_walk_is_the_real_one(self):
        scores = COPIES.scores(20)[:, 0]
        chosen = walked(scores.max(-1))
        for run, coins in enumerate(scores):
            cups = [cup("one_impostor", float(s), [(f"x-{c}", "x")]) for c, composites in enumerate(coins) for s in composites]
            self.assertEqual(lowest_passing(tempted(cups)), chosen[run])


if __name__ == "__main__":
    unittest.main()
