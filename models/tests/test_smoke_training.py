"""python3 -m unittest tests.test_smoke_training   (needs torch; no photographs; under a minute on two free cores)

A few steps of the real training, on struck coins of designs that the bundle does not know, from the bundle's network. Fails if the loss does not fall.
"""
import json
import unittest
from pathlib import Path

import numpy as np
import torch

from generate.designs import random_designs
from train.items_data import Batches, likest, rendered_entries, rendered_jobs
from train.items_network import ItemsNetwork
from train.train_items import loss_of
from train.warm import load_bundle

BUNDLE = Path(__file__).resolve().parent.parent / "bundles" / "first"
PX, STEPS = 96, 14


def train(rate):
    """Losses of a short training at a learning rate."""
    torch.manual_seed(1)
    entries, pictures = rendered_entries("train", rendered_jobs(0, random_designs(72)[64:69], 4))
    classes = sorted({e.cls for e in entries})
    manifest = json.loads((BUNDLE / "manifest.json").read_text())
    names = [c["id"] for c in manifest["classes"]]
    known = ItemsNetwork(len(names))
    load_bundle(known, BUNDLE, names, {n: n for n in names})
    net = ItemsNetwork(len(classes))
    net.load_state_dict({k: v for k, v in known.state_dict().items() if k != "centres"}, strict=False)
    means = np.eye(len(classes), 8, dtype=np.float32)
    batches = Batches(entries, pictures, classes, 1, per_batch=8, rivals=likest(np.pad(means, ((0, 0), (0, 1))), np.zeros(len(classes))))
    opt = torch.optim.AdamW([{"params": net.trunk.parameters(), "lr": rate / 10}, {"params": [p for n, p in net.named_parameters() if not n.startswith("trunk")], "lr": rate}])
    losses = []
    for i in range(STEPS):
        crops, labels, sides = batches.batch(i, PX)
        loss, _ = loss_of(net, torch.from_numpy(crops), torch.from_numpy(labels), torch.from_numpy(sides), False)
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses


def falls(losses):
    return np.mean(losses[-4:]) < 0.7 * np.mean(losses[:4])


class Smoke(unittest.TestCase):
    def test_the_loss_falls_and_a_second_run_is_the_same(self):
        losses = train(3e-3)
        self.assertTrue(falls(losses), [round(x, 2) for x in losses])
        self.assertEqual(train(3e-3), losses)

    def test_a_training_that_learns_nothing_is_seen(self):
        losses = train(0.0)
        self.assertFalse(falls(losses), [round(x, 2) for x in losses])


if __name__ == "__main__":
    unittest.main()
