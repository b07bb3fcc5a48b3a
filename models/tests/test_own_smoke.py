"""python3 -m unittest tests.test_own_smoke   (needs torch, onnx, the built `cupcheck`; no photographs; under a minute on two free cores)

The whole way from a folder to a bundle, on pictures of drawn coins that the shipped bundle does not know, with few cups.
"""
import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import cv2
import numpy as np

from generate.designs import random_designs
from generate.strike import encode, random_light, shade, strike
from own import make

COINS = 8
MODELS = Path(__file__).resolve().parent.parent
BUILT = (MODELS.parent / "dist" / "cli").is_dir()


def photograph(design, side, seed):
    """A drawn coin on a light table, as a person would photograph it: 300×240×3 BGR."""
    coin = strike(design, side, seed, 200)
    rgb = encode(shade(coin, random_light(np.random.default_rng(seed))), 1.0).astype(np.float32)
    picture = np.full((240, 300, 3), 225.0, np.float32) + np.random.default_rng(seed).normal(0, 2, (240, 300, 3))
    a = coin.alpha[..., None]
    picture[20:220, 50:250] = rgb * a + picture[20:220, 50:250] * (1 - a)
    return np.clip(picture[..., ::-1], 0, 255).astype(np.uint8)


def draw_folder(root, designs):
    lines = ["design,name,diameter_mm"]
    for k, d in enumerate(designs):
        lines.append(f"{d.id},{d.name},{18 + 1.5 * k}")
        for side in ("obverse", "reverse"):
            (root / d.id / side).mkdir(parents=True)
            for c in range(COINS):
                cv2.imwrite(str(root / d.id / side / f"{c:02d}_{side[0]}.jpg"), photograph(d, side, 100 + c))
    (root / designs[0].id / "obverse" / "00_table.jpg").write_bytes(cv2.imencode(".jpg", np.full((240, 300, 3), 225, np.uint8))[1].tobytes())
    (root / "designs.csv").write_text("\n".join(lines) + "\n")


@unittest.skipUnless(BUILT, "cupcheck is not built (npm run setup)")
class Smoke(unittest.TestCase):
    def test_a_folder_becomes_a_bundle_and_a_second_run_keeps_all(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            photos, out = root / "photos", root / "mine"
            photos.mkdir()
            draw_folder(photos, random_designs(8, seed=4711))
            command = ["--photos", str(photos), "--out", str(out), "--cups", "12", "--test-cups", "8"]
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                status = make.main(command)
            text = said.getvalue()
            # two dozen coins carry no bound: it must say so, and cover nothing
            self.assertEqual(status, 1)
            self.assertRegex(text, r"covered +0 of 8 designs")
            self.assertIn("different wrong coins were there to calibrate with, wanted 59 at least", text)
            self.assertIn("00_table.jpg", text)
            manifest = json.loads((out / "manifest.json").read_text())
            self.assertEqual(len(manifest["classes"]), 16)
            self.assertEqual(manifest["networks"]["items"]["outputs"]["scores"], ["N", 16])
            # the coins themselves are known: on composed cups, a right coin's best design is its own
            judged = [json.loads(line) for line in (root / "mine.work" / "judged-test.jsonl").read_text().splitlines()]
            items = [i for c in judged if c["kind"] == "clean" for i in c["items"] if i["matched"]]
            self.assertGreater(np.mean([i["design"] == i["truthDesign"] for i in items]), 0.8)
            self.assertFalse([c for c in judged if c["verdict"] == "green"])
            again = io.StringIO()
            with contextlib.redirect_stdout(again):
                make.main(command)
            self.assertEqual(again.getvalue().count(": kept"), 9)


if __name__ == "__main__":
    unittest.main()
