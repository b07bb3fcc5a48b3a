"""OpenCV, timed by itself: a process that answers a JSON line on stdin with a JSON line on stdout.

The calls go through Debian's Python binding, which adds some microseconds to each; `binding` measures them, so that a
reader can take them off.
"""
import json
import sys
import time

import cv2
import numpy as np

FILTERS = {"area": cv2.INTER_AREA, "bilinear": cv2.INTER_LINEAR}
READS = {
    "full": cv2.IMREAD_COLOR,
    "half": cv2.IMREAD_REDUCED_COLOR_2,
    "quarter": cv2.IMREAD_REDUCED_COLOR_4,
    "grey": cv2.IMREAD_GRAYSCALE,
}
frame = None
files = {}


def timed(work, repeats):
    """Milliseconds of the quickest call, as the other contestants are timed (bench/rounds.mjs), and its result."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    return best * 1000, result


def version(_):
    return {"version": cv2.__version__, "threads": cv2.getNumThreads()}


def load_frame(ask):
    global frame
    frame = np.fromfile(ask["path"], np.uint8).reshape(ask["height"], ask["width"], 3)
    return {}


def crops(ask):
    """The boxes of the frame as one N×3×S×S tensor of (pixel − mean) / std."""
    cv2.setNumThreads(ask["threads"] or -1)
    filter_, side, mean, std = FILTERS[ask["filter"]], ask["side"], ask["mean"], ask["std"]
    boxes = [tuple(box) for box in ask["boxes"]]

    def work():
        cut = [cv2.resize(frame[y : y + h, x : x + w], (side, side), interpolation=filter_) for x, y, w, h in boxes]
        return cv2.dnn.blobFromImages(cut, 1 / std, (side, side), (mean, mean, mean), swapRB=False, crop=False)

    ms, blob = timed(work, ask["repeats"])
    if ask.get("out"):
        blob.tofile(ask["out"])
    return {"ms": ms}


def binding(ask):
    """The same calls on almost no pixels: what the binding itself takes."""
    tiny = np.zeros((2, 2, 3), np.uint8)

    def work():
        cut = [cv2.resize(tiny[0:2, 0:2], (1, 1), interpolation=cv2.INTER_AREA) for _ in range(ask["boxes"])]
        return cv2.dnn.blobFromImages(cut, 1 / 127.5, (1, 1), (127.5, 127.5, 127.5), swapRB=False, crop=False)

    return {"ms": timed(work, ask["repeats"])[0]}


def decode(ask):
    cv2.setNumThreads(ask["threads"] or -1)
    path = ask["path"]
    if path not in files:
        files[path] = np.fromfile(path, np.uint8)
    ms, picture = timed(lambda: cv2.imdecode(files[path], READS[ask["read"]]), ask["repeats"])
    if ask.get("out"):
        (picture if picture.ndim == 2 else picture[:, :, ::-1]).tofile(ask["out"])
    return {"ms": ms, "width": picture.shape[1], "height": picture.shape[0]}


WORDS = {"version": version, "load_frame": load_frame, "crops": crops, "binding": binding, "decode": decode}

for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps(WORDS[asked["do"]](asked)), flush=True)
