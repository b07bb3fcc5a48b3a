"""Crops side by side: cropResize, sharp and OpenCV (python3-opencv), one thread each, in turns within one run.

    npm run build && /usr/bin/python3 bench/crops/compare.py [ROUNDS]

Prints the median and the best milliseconds of each way for ten 128x128 crops of 150 to 260 px boxes from a 1080p RGB
frame, normalised to N x 3 x 128 x 128 floats, and how many times cropResize fits into each median.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 200
SIDE, MEAN, STD = 128, 127.5, 127.5

cv2.setNumThreads(1)
random = np.random.default_rng(7)
# Smooth colours and noise: what is in the picture makes no difference to the time.
smooth = cv2.resize(random.integers(0, 256, (34, 60, 3), dtype=np.uint8), (1920, 1080), interpolation=cv2.INTER_CUBIC)
frame = np.clip(smooth + random.normal(0, 4, smooth.shape), 0, 255).astype(np.uint8)
sides = np.linspace(150, 260, 10).round().astype(int)
boxes = [[int(random.integers(0, 1920 - s)), int(random.integers(0, 1080 - s)), int(s), int(s)] for s in sides]


def opencv(interpolation):
    crops = [cv2.resize(frame[y : y + h, x : x + w], (SIDE, SIDE), interpolation=interpolation) for x, y, w, h in boxes]
    return cv2.dnn.blobFromImages(crops, 1 / STD, (SIDE, SIDE), (MEAN, MEAN, MEAN), swapRB=False)


with tempfile.TemporaryDirectory() as folder:
    files = Path(folder, "frame.rgb"), Path(folder, "boxes.json")
    files[0].write_bytes(frame.tobytes())
    files[1].write_text(json.dumps({"width": 1920, "height": 1080, "boxes": boxes, "side": SIDE, "mean": MEAN, "std": STD}))
    script = Path(__file__).with_name("ours-and-sharp.mjs")
    child = subprocess.Popen(["node", str(script), *map(str, files)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    times = {}
    for turn in range(ROUNDS + 20):
        child.stdin.write("run\n")
        child.stdin.flush()
        taken = json.loads(child.stdout.readline())
        for name, interpolation in ("OpenCV INTER_AREA", cv2.INTER_AREA), ("OpenCV INTER_LINEAR", cv2.INTER_LINEAR):
            opencv(interpolation)
            start = time.perf_counter()
            opencv(interpolation)
            taken[name] = 1000 * (time.perf_counter() - start)
        # The first turns warm up.
        if turn >= 20:
            for name, value in taken.items():
                times.setdefault(name, []).append(value)
    child.stdin.close()
    child.wait()

ours = np.median(times["cropResize"])
ours_best = min(times["cropResize"])
print(f"{'':26}{'median ms':>10}{'best ms':>10}{'x median':>10}{'x best':>9}   ({ROUNDS} turns, OpenCV {cv2.__version__})")
for name, values in times.items():
    print(f"{name:26}{np.median(values):10.3f}{min(values):10.3f}{np.median(values) / ours:10.2f}{min(values) / ours_best:9.2f}")
