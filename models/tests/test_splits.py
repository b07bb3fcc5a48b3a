"""python3 -m unittest tests.test_splits   (needs the photographs: CUPCHECK_DATA)

What is trained on, chosen by, calibrated by and tested on must never meet: by coin, and by design where a design is to be unknown.
"""
import json
import os
import unittest
from collections import defaultdict
from pathlib import Path

from generate.designs import KNOWN, RANDOM_HELD, RANDOM_TRAINED, SEED_SPLITS, UNKNOWN, random_designs
from generate.photographs import index, is_flat, split_of

BUNDLE = Path(__file__).resolve().parent.parent / "bundles" / "first" / "manifest.json"
HAS_PHOTOGRAPHS = bool(os.environ.get("CUPCHECK_DATA"))


def overlaps(pairs):
    """What stands in more than one split, of (thing, split)."""
    splits = defaultdict(set)
    for thing, split in pairs:
        splits[thing].add(split)
    return {thing: sorted(where) for thing, where in splits.items() if len(where) > 1}


class Rendered(unittest.TestCase):
    def test_no_seed_serves_two_splits(self):
        ends = sorted(SEED_SPLITS.values())
        for (_, last), (first, _) in zip(ends, ends[1:]):
            self.assertLessEqual(last, first)

    def test_strangers_to_choose_with_are_none_of_calibration_or_test(self):
        held = {d.id for d in random_designs(RANDOM_TRAINED + RANDOM_HELD)[RANDOM_TRAINED:]}
        self.assertFalse(held & {d.id for d in UNKNOWN + KNOWN})

    def test_an_overlap_is_seen(self):
        self.assertEqual(overlaps([("a", "train"), ("b", "train"), ("a", "test-photo")]), {"a": ["test-photo", "train"]})


@unittest.skipUnless(HAS_PHOTOGRAPHS, "CUPCHECK_DATA names no folder of photographs")
class Photographs(unittest.TestCase):
    def test_no_coin_serves_two_splits(self):
        self.assertEqual(overlaps((p.coin, split_of(p)) for p in index() if p.set == "us-types"), {})

    def test_no_picture_serves_two_splits(self):
        self.assertEqual(overlaps((p.file, split_of(p)) for p in index()), {})

    def test_coins_that_are_worn_flat_teach_nothing_and_are_still_tested(self):
        splits = lambda flat: {split_of(p) for p in index() if p.set == "us-types" and is_flat(p.coin) == flat}
        self.assertEqual(splits(True) & {"train", "choosing"}, set())
        self.assertLessEqual({"flat", "calibration", "test-photo"}, splits(True))
        self.assertNotIn("flat", splits(False))

    def test_designs_that_are_to_be_unknown_are_never_trained(self):
        for name, unknown in (("us-types", ("test-design",)), ("world", ("choosing",))):
            trained = {p.design for p in index() if p.set == name and split_of(p) == "train"}
            strange = {p.design for p in index() if p.set == name and split_of(p) in unknown}
            self.assertTrue(strange)
            self.assertFalse(trained & strange, name)

    def test_the_bundles_exemplars_are_training_coins(self):
        others = {p.coin for p in index() if p.set == "us-types" and split_of(p) != "train"}
        named = {v["coin"] for v in json.loads(BUNDLE.read_text())["gallery"]["vectors"]}
        self.assertTrue(named)
        self.assertFalse(named & others)


if __name__ == "__main__":
    unittest.main()
