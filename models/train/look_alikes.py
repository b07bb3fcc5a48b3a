"""Pairs of classes that look nearly the same, and the lead that one of them needs over the other: the manifest's `judge.lookAlikes`.

A pair is found in either of two ways, and the larger lead holds:
- the exemplars of both are alike on average, and too few held-back coins of both say whether that matters;
- a held-back coin of one, as the station sees it, was more like the other. Coins that share a side do that, though the network was taught
  to tell them apart and their exemplars differ.
"""
from dataclasses import dataclass

import numpy as np

ALIKE_FROM, ALIKE_SLOPE = 0.3, 1.0  # lead = slope × (mean cosine − from); the ablation: RECORD.md
TAKEN_LEAD = 0.05  # more than what a held-back coin would have needed: others are worse
LEAST_LEAD = 0.005
ENOUGH_COINS = 15  # held-back ones of a class


@dataclass(frozen=True)
class Taking:
    """An item that was more like another class than like any of its own design's."""
    item: int
    own: int
    other: int
    by: float


def takings(manifest, designs, sims, floors):
    """A list of Taking. `designs`: N, each item's true design or None; `sims` N×C, −1 where the size does not fit; `floors` C.

    An item that does not measure its own size is left out: its own class is no rival then, whatever its lead.
    """
    classes = manifest["classes"]
    found = []
    for item, design in enumerate(designs):
        own = [c for c, one in enumerate(classes) if design in one["designs"]]
        best = max(own, key=lambda c: sims[item, c], default=None)
        if best is None or sims[item, best] <= -1:
            continue
        for other in np.flatnonzero((sims[item] > sims[item, best]) & (sims[item] >= floors)):
            if not set(classes[other]["designs"]) & set(classes[best]["designs"]):
                found.append(Taking(item, best, int(other), float(sims[item, other] - sims[item, best])))
    return found


def leads_of_takings(found):
    """(class, class), the smaller first → lead."""
    leads = {}
    for t in found:
        pair = (min(t.own, t.other), max(t.own, t.other))
        leads[pair] = max(leads.get(pair, 0.0), t.by + TAKEN_LEAD)
    return leads


def exemplars_alike(vectors, of_class, classes):
    """C×C: the mean cosine of two classes' exemplars."""
    means = np.stack([vectors[of_class == c].mean(0) for c in range(classes)])
    return means @ means.T


def leads_of_exemplars(manifest, alike):
    """The same of classes of compatible size and different designs whose exemplars are alike on average. `alike`: as `exemplars_alike` has it."""
    designs, leads = {d["id"]: d for d in manifest["designs"]}, {}
    near = lambda a, b: abs(a["diameterMm"] - b["diameterMm"]) <= a["toleranceMm"] + b["toleranceMm"]
    for b, other in enumerate(manifest["classes"]):
        for a, one in enumerate(manifest["classes"][:b]):
            lead = ALIKE_SLOPE * (float(alike[a, b]) - ALIKE_FROM)
            if lead > LEAST_LEAD and not set(one["designs"]) & set(other["designs"]) and any(near(designs[d], designs[f]) for d in one["designs"] for f in other["designs"]):
                leads[a, b] = lead
    return leads


def look_alikes(manifest, alike, found=(), coins=None):
    """As the manifest has them, the largest lead first. `alike`: as `exemplars_alike` has it; `found`: what `takings` gave, `coins`: from how many coins of each class."""
    taken, alike = leads_of_takings(found), leads_of_exemplars(manifest, alike)
    alike = {pair: lead for pair, lead in alike.items() if min((coins or {}).get(c, 0) for c in pair) < ENOUGH_COINS}
    pairs = [{"classes": list(pair), "margin": round(max(taken.get(pair, 0.0), alike.get(pair, 0.0)), 3)} for pair in taken.keys() | alike.keys()]
    return sorted(pairs, key=lambda pair: (-pair["margin"], pair["classes"]))
