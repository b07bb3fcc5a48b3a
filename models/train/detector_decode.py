"""From the detector's maps to boxes, and how well boxes agree with the truth. The daemon does the same in TypeScript."""
import cv2
import numpy as np

from .detector_data import SIZE_UNIT, STRIDE

PEAK = 0.3


def iou(a, b):
    """Intersection over union of boxes (cx, cy, w, h): N×4 and M×4 → N×M."""
    a, b = np.asarray(a, np.float64).reshape(-1, 1, 4), np.asarray(b, np.float64).reshape(1, -1, 4)
    lo = np.maximum(a[..., :2] - a[..., 2:] / 2, b[..., :2] - b[..., 2:] / 2)
    hi = np.minimum(a[..., :2] + a[..., 2:] / 2, b[..., :2] + b[..., 2:] / 2)
    both = np.clip(hi - lo, 0, None).prod(-1)
    return both / np.maximum(a[..., 2:].prod(-1) + b[..., 2:].prod(-1) - both, 1e-9)


def decode(heat, size, offset, threshold=PEAK, overlap=0.5):
    """heat H×W, size 2×H×W, offset 2×H×W → boxes N×5 (cx, cy, w, h, heat), input px: local 3×3 peaks, then greedy suppression."""
    local = cv2.dilate(heat, np.ones((3, 3), np.uint8))
    ys, xs = np.where((heat >= threshold) & (heat >= local))
    order = np.argsort(-heat[ys, xs])
    kept = []
    for y, x in zip(ys[order], xs[order]):
        w, h = size[:, y, x] * SIZE_UNIT
        box = [(x + 0.5 + offset[0, y, x]) * STRIDE, (y + 0.5 + offset[1, y, x]) * STRIDE, w, h, heat[y, x]]
        if w > 2 and h > 2 and (not kept or iou([box[:4]], [k[:4] for k in kept]).max() < overlap):
            kept.append(box)
    return np.array(kept, np.float32).reshape(-1, 5)


def match(found, truth, least=0.5):
    """(true positives, mean IoU of them): each truth is found once, the surest box first."""
    if not len(found) or not len(truth):
        return 0, 0.0
    table = iou(found[:, :4], truth[:, :4])
    taken, hits, total = set(), 0, 0.0
    for i in range(len(found)):
        j = max((k for k in range(len(truth)) if k not in taken), key=lambda k: table[i, k], default=None)
        if j is not None and table[i, j] >= least:
            taken.add(j)
            hits, total = hits + 1, total + table[i, j]
    return hits, total
