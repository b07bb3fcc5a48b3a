"""Embeddings of cut-outs, and the exemplars that stand for a class."""
import numpy as np
import torch

from .augment import normalise, place

PX = 160
NEUTRAL = (118.0, 116.0, 112.0)
TURNS = 4


def plain_crop(rgba, size_px, turn_seed):
    """A crop as a station would cut it, without any hardship: 160×160×3 uint8."""
    rgb, alpha = place(rgba, PX, np.random.default_rng([turn_seed, 7]), size_px, jitter=0.0)
    a = alpha[..., None]
    return np.clip(rgb * a + np.array(NEUTRAL, np.float32) * (1 - a), 0, 255).astype(np.uint8)


def embed(net, crops, batch=64):
    """N×160×160×3 uint8 → embeddings N×256, scores N×C, side logits N×2."""
    out = []
    net.eval()
    with torch.no_grad():
        for i in range(0, len(crops), batch):
            x = torch.from_numpy(normalise(crops[i:i + batch])).contiguous(memory_format=torch.channels_last)
            out.append([t.numpy() for t in net(x)])
    return tuple(np.concatenate(part) for part in zip(*out))


def embed_coins(net, pictures, entries, px_per_mm=7.0):
    """One vector a cut-out: the mean over four rotations, of length 1."""
    crops = [plain_crop(p, (e.diameter_mm or 25.0) * px_per_mm, t) for p, e in zip(pictures, entries) for t in range(TURNS)]
    v = embed(net, np.stack(crops))[0].reshape(len(pictures), TURNS, -1).mean(1)
    return v / np.linalg.norm(v, axis=1, keepdims=True)


def medoids(vectors, count):
    """Indices of up to `count` vectors that stand for all: each next one serves best those served worst (facility location, greedy)."""
    if len(vectors) <= count:
        return list(range(len(vectors)))
    sim = vectors @ vectors.T
    best, chosen = np.full(len(vectors), -1.0), []
    for _ in range(count):
        gain = np.maximum(sim, best[None, :]).sum(1)
        gain[chosen] = -np.inf
        chosen.append(int(gain.argmax()))
        best = np.maximum(best, sim[chosen[-1]])
    return chosen
