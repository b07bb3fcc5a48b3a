"""What the items network's pretrained trunk and the parts of its loss are worth: short trainings that differ in one thing.

    python3 -m train.items_ablations        some minutes on two cores; writes the table `items` of models/ablations.json

Each runs for STEPS steps on the same batches of small crops of cut-outs, and is asked about crops of held-back coins (split `choosing`)
as the gallery would be: by the nearest mean of the training coins. The shipped network trained twenty times as long: this ranks options.
"""
import argparse
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from generate.photographs import data_dir
from .ablations import Table
from .gallery import embed, plain_crop
from .items_data import Batches, training_set
from .items_network import ItemsNetwork, cpu_has_bf16, load_imagenet
from .separation import lead, separation
from .train_items import COLD, FROZEN, MARGIN, loss_of

STEPS, PX = 100, 96
COINS_A_CLASS = 6  # for the means
ABOUT = f"Trained for {STEPS} steps at {PX} pixels; a held-back coin's crop against the mean of {COINS_A_CLASS} training coins of each class, photographs alone."


@dataclass(frozen=True)
class Option:
    pretrained: bool = True
    frozen: int = FROZEN
    triplets: float = COLD["triplets"]
    margin: float = MARGIN


OPTIONS = {
    "as shipped: ImageNet's weights, first layers frozen, cosine margin and hard triplets": Option(),
    "no layer frozen": Option(frozen=0),
    "no triplets": Option(triplets=0.0),
    "no margin": Option(margin=0.0),
    "neither": Option(triplets=0.0, margin=0.0),
    "random weights, no layer frozen": Option(pretrained=False, frozen=0),
}


def trained(option, entries, pictures, classes, seed, steps):
    """The network, and its loss's mean over the last steps."""
    torch.manual_seed(seed)
    net = ItemsNetwork(len(classes)).to(memory_format=torch.channels_last)
    if option.pretrained:
        load_imagenet(net.trunk, str(data_dir() / "weights" / "mobilenet_v2_1.0_224_imagenet.onnx"))
    net.trunk[:option.frozen].requires_grad_(False)
    net.train()
    heads = [p for n, p in net.named_parameters() if not n.startswith("trunk")]
    opt = torch.optim.AdamW([{"params": list(net.trunk[option.frozen:].parameters()), "lr": COLD["trunk"]}, {"params": heads, "lr": COLD["heads"]}], weight_decay=0.02)
    rise = torch.optim.lr_scheduler.LambdaLR(opt, lambda step: min(1.0, (step + 1) / 40, 2.0 * (1 - step / steps)))
    batches, losses = Batches(entries, pictures, classes, seed), []
    for i in range(steps):
        crops, labels, sides = batches.batch(i, PX)
        x = torch.from_numpy(crops).contiguous(memory_format=torch.channels_last)
        loss, _ = loss_of(net, x, torch.from_numpy(labels), torch.from_numpy(sides), cpu_has_bf16(), option.triplets, option.margin)
        opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        opt.step()
        rise.step()
        losses.append(loss.item())
        if (i + 1) % 20 == 0:
            print(f"step {i + 1}/{steps} loss {np.mean(losses[-20:]):.3f}", flush=True)
    return net, float(np.mean(losses[-20:]))


def measured(net, entries, pictures, seed=5):
    """`separation` of held-back photographed coins, known and not, by the nearest class mean."""
    photographs = [i for i, e in enumerate(entries) if e.set in ("us-types", "world")]
    known = sorted({entries[i].cls for i in photographs if entries[i].set == "us-types" and entries[i].split == "train"})
    rng, taught = np.random.default_rng(seed), []
    for c in known:
        mine = [i for i in photographs if entries[i].cls == c and entries[i].split == "train"]
        taught.append(rng.permutation(mine)[:COINS_A_CLASS])
    asked = [i for i in photographs if entries[i].split == "choosing"]
    crop = lambda i: cv2.resize(plain_crop(pictures[i], 180, 0), (PX, PX), interpolation=cv2.INTER_AREA)
    vectors = lambda numbers: embed(net, np.stack([crop(i) for i in numbers]))[0]
    means = np.stack([v.mean(0) for v in np.split(vectors(np.concatenate(taught)), np.cumsum([len(t) for t in taught])[:-1])])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    truth = np.array([known.index(entries[i].cls) if entries[i].cls in known else -1 for i in asked])
    sims = vectors(asked) @ means.T
    return separation(lead(sims, np.eye(len(known), dtype=bool), -1.0), truth, np.ones_like(sims, bool))


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--steps", type=int, default=STEPS)
    args.add_argument("--seed", type=int, default=1)
    a = args.parse_args()
    torch.set_num_threads(2)
    entries, pictures = training_set()
    classes = sorted({e.cls for e in entries if e.split == "train"})
    table = Table("items", ABOUT)
    for name, option in OPTIONS.items():
        net, loss = trained(option, entries, pictures, classes, a.seed, a.steps)
        table.add(name, measured(net, entries, pictures), loss)


if __name__ == "__main__":
    main()
