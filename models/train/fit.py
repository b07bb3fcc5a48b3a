"""One small network fitted to cached features: the loop, its log, and the picture of its curve."""
import json
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from .features import heads_dir


class Standardised(nn.Module):
    """A dense layer over features of very different size: it learns on standardised ones, and `folded` gives the plain layer."""

    def __init__(self, features, out, drop=0.0):
        super().__init__()
        self.drop = drop  # share of the features left out of each training step
        self.register_buffer("mean", torch.from_numpy(features.mean(0)))
        self.register_buffer("scale", torch.from_numpy(1 / (features.std(0) + 1e-3)))
        self.layer = nn.Linear(features.shape[1], out)

    def forward(self, x):
        return self.layer(F.dropout((x - self.mean) * self.scale, self.drop, self.training))

    def folded(self):
        plain = nn.Linear(self.layer.in_features, self.layer.out_features)
        with torch.no_grad():
            plain.weight.copy_(self.layer.weight * self.scale)
            plain.bias.copy_(self.layer.bias - plain.weight @ self.mean)
        return plain


def folded(module):
    """A copy with each `Standardised` as the plain layer that it stands for."""
    import copy
    module = copy.deepcopy(module).eval()
    for name, child in list(module.named_modules()):
        if isinstance(child, Standardised):
            parent = module.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], child.folded())
    return module


def focal_cross_entropy(logits, labels, gamma=0.0, weights=None, smoothing=0.0):
    """Cross-entropy in which what is right already counts for less, by (1 − p)^gamma; gamma 0 = plain."""
    each = F.cross_entropy(logits, labels, weight=weights, reduction="none", label_smoothing=smoothing)
    if gamma > 0:
        p = F.softmax(logits, 1).gather(1, labels[:, None])[:, 0]
        each = each * (1 - p) ** gamma
    return each.mean()


def focal_sigmoid(logits, wanted, gamma=0.0, weights=None):
    """The same for independent yes-or-no outputs; `weights`: how much a yes counts, by output. Sum over outputs, mean over rows."""
    each = F.binary_cross_entropy_with_logits(logits, wanted, pos_weight=weights, reduction="none")
    if gamma > 0:
        p = torch.sigmoid(logits)
        each = each * torch.where(wanted > 0.5, 1 - p, p) ** gamma
    return each.sum(1).mean()


def fit(name, net, loss_of, epochs, steps, rate=2e-3, decay=0.01, measure=None, seed=1, keep=True):
    """Losses by epoch. `loss_of(rng)` draws a batch and gives its loss; `measure(net)`: numbers for the log after the last epoch."""
    torch.manual_seed(seed)
    rng = np.random.default_rng([seed, 61])
    opt = torch.optim.AdamW(net.parameters(), rate, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(opt, rate, total_steps=epochs * steps, pct_start=0.2)
    log, start = [], time.time()
    for epoch in range(epochs):
        net.train()
        total = 0.0
        for _ in range(steps):
            loss = loss_of(rng)
            if not torch.isfinite(loss):
                raise SystemExit(f"{name}: the loss is {loss.item()} in epoch {epoch + 1}: a lower rate than {rate} is needed")
            opt.zero_grad()
            loss.backward()
            opt.step()
            schedule.step()
            total += loss.item()
        log.append({"epoch": epoch + 1, "loss": round(total / steps, 4), "seconds": round(time.time() - start, 1)})
    net.eval()
    losses = [row["loss"] for row in log]
    if measure is not None:
        log[-1].update(measure(net))
    print(f"{name}: loss {losses[0]:.3f} → {losses[-1]:.3f} in {epochs} epochs, {log[-1]['seconds']:.0f} s", flush=True)
    if keep:
        folder = heads_dir() / "logs"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in log))
        (folder / f"{name}.svg").write_text(curve(name, losses))
    return losses


def curve(title, values, width=480, height=240, edge=36):
    """A loss by epoch as an SVG picture."""
    low, high = min(values), max(max(values), min(values) + 1e-9)
    x = lambda i: edge + (width - 2 * edge) * i / max(1, len(values) - 1)
    y = lambda v: height - edge - (height - 2 * edge) * (v - low) / (high - low)
    line = " ".join(f"{x(i):.1f},{y(v):.1f}" for i, v in enumerate(values))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="11">\n'
            f'<rect width="100%" height="100%" fill="white"/><polyline points="{line}" fill="none" stroke="black"/>\n'
            f'<text x="{edge}" y="16">{title}: loss by epoch (1 to {len(values)})</text>\n'
            f'<text x="2" y="{y(high):.0f}">{high:.2f}</text><text x="2" y="{y(low):.0f}">{low:.2f}</text>\n</svg>\n')
