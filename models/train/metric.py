"""The station's `metric` judge in numpy, for what learns from its opinions (src/pipeline/judges/metric.ts is the original)."""
from dataclasses import dataclass

import numpy as np

from item_study import similarity


@dataclass(frozen=True)
class Opinions:
    """Of N items, D designs: `similarity` and `score` N×D; `best`: class N, −1 = none that is known, among those whose size fits."""
    similarity: np.ndarray
    score: np.ndarray
    best: np.ndarray


class Bundle:
    """What the manifest says of classes and designs, as arrays."""

    def __init__(self, manifest):
        self.manifest = manifest
        self.ids = [d["id"] for d in manifest["designs"]]
        self.mm = np.array([d["diameterMm"] for d in manifest["designs"]])
        self.tolerance = np.array([d["toleranceMm"] for d in manifest["designs"]])
        at = {d: i for i, d in enumerate(self.ids)}
        self.members = [[at[d] for d in c["designs"]] for c in manifest["classes"]]
        self.holds = np.zeros((len(self.members), len(self.ids)), bool)
        for c, members in enumerate(self.members):
            self.holds[c, members] = True
        self.of_class = np.array([v["class"] for v in manifest["gallery"]["vectors"]])
        self.class_at = {(d, c["side"]): i for i, c in enumerate(manifest["classes"]) for d in c["designs"]}

    def truth(self, rows):
        """N: the design that each row is of, −1 = none that the bundle names."""
        at = {d: i for i, d in enumerate(self.ids)}
        return np.array([at.get(r["design"], -1) for r in rows])

    def classes(self, rows):
        """N: the class that each row is of, −1 = none."""
        return np.array([self.class_at.get((r["design"], r["side"]), -1) for r in rows])

    def fits(self, mm):
        """N×D: whether a measured diameter fits a design; unknown (None or 0) fits all."""
        mm = np.array([m or np.nan for m in mm], float)
        return np.isnan(mm)[:, None] | (np.abs(mm[:, None] - self.mm) <= self.tolerance)

    def class_fits(self, fits):
        """N×C: whether a size fits any design of a class. `fits` N×D."""
        return fits.astype(np.int32) @ self.holds.T.astype(np.int32) > 0


def scored(bundle, sims, floors, look_alikes, class_fits):
    """(similarity to each design's best class, its score), both N×D (`judges/resemblance.ts`). `sims` N×C; `floors` C; `class_fits` N×C."""
    classes = len(bundle.members)
    margins = np.zeros((classes, classes))
    for pair in look_alikes:
        a, b = pair["classes"]
        margins[a, b] = margins[b, a] = pair["margin"]
    own, score = np.zeros((len(sims), len(bundle.ids))), np.zeros((len(sims), len(bundle.ids)))
    for d in range(len(bundle.ids)):
        mine, others = np.where(bundle.holds[:, d])[0], np.where(~bundle.holds[:, d])[0]
        best = mine[sims[:, mine].argmax(1)]
        own[:, d] = sims[:, mine].max(1)
        rival = np.where(class_fits[:, others], sims[:, others] + margins[best][:, others], -np.inf).max(1)
        score[:, d] = own[:, d] - np.maximum(rival, floors[best])
    return own, score


def opinions(bundle, vectors, embedding, fits):
    """What the judge thinks of each item. `vectors`: the gallery; `embedding`: N×256 of length 1; `fits`: N×D."""
    judge, classes = bundle.manifest["judge"], bundle.manifest["classes"]
    sims = similarity(vectors, bundle.of_class, len(classes), embedding, judge["neighbours"])
    floors = np.array([c.get("unknownSimilarity", judge["unknownSimilarity"]) for c in classes])
    class_fits = bundle.class_fits(fits)
    own, score = scored(bundle, sims, floors, judge.get("lookAlikes", []), class_fits)
    known = np.where(class_fits & (sims >= floors), sims, -np.inf)
    return Opinions(own, score, np.where(np.isfinite(known).any(1), known.argmax(1), -1))
