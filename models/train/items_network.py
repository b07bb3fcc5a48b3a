"""The items network: MobileNetV2 1.0 (batch norms folded) to a 256-d embedding, class cosines, and side logits."""
import os

import numpy as np
import onnx
import torch
import torch.nn as nn
import torch.nn.functional as F
from onnx import numpy_helper

BLOCKS = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
DIM = 256
SCALE = 24.0  # class cosines are multiplied by it before the softmax


class Conv(nn.Module):
    """A convolution padded as TensorFlow does: at stride 2 at the bottom and right only. Even inputs assumed."""

    def __init__(self, cin, cout, kernel, stride=1, groups=1, act=True):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, stride, 0 if stride == 2 else kernel // 2, groups=groups)
        self.stride, self.act = stride, act

    def forward(self, x):
        if self.stride == 2:
            x = F.pad(x, (0, 1, 0, 1))
        x = self.conv(x)
        return x.clamp(0, 6) if self.act else x


class Block(nn.Module):
    def __init__(self, cin, cout, stride, expand):
        super().__init__()
        hidden = cin * expand
        layers = [Conv(cin, hidden, 1)] if expand != 1 else []
        self.body = nn.Sequential(*layers, Conv(hidden, hidden, 3, stride, hidden), Conv(hidden, cout, 1, act=False))
        self.skip = stride == 1 and cin == cout

    def forward(self, x):
        return x + self.body(x) if self.skip else self.body(x)


def trunk():
    layers, cin = [Conv(3, 32, 3, 2)], 32
    for expand, cout, count, stride in BLOCKS:
        for i in range(count):
            layers.append(Block(cin, cout, stride if i == 0 else 1, expand))
            cin = cout
    return nn.Sequential(*layers, Conv(cin, 1280, 1))


def load_imagenet(net, path):
    """Fill the trunk from the ONNX file's initialisers: a Conv weight and bias each, in order."""
    graph = onnx.load(path).graph
    arrays = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    pairs = [(arrays[n.input[1]], arrays[n.input[2]]) for n in graph.node if n.op_type == "Conv"]
    convs = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
    for conv, (w, b) in zip(convs, pairs):
        if tuple(conv.weight.shape) != w.shape:
            raise SystemExit(f"{path}: a weight has the shape {w.shape}, wanted {tuple(conv.weight.shape)}")
        conv.weight.data.copy_(torch.from_numpy(np.array(w)))
        conv.bias.data.copy_(torch.from_numpy(np.array(b)))


class ItemsNetwork(nn.Module):
    """Crops N×3×P×P (RGB, (v − 127.5) / 127.5) → embedding N×256 of length 1, scores N×C (cosines), side N×2 (logits)."""

    def __init__(self, classes):
        super().__init__()
        self.trunk = trunk()
        self.embed = nn.Linear(2560, DIM)
        self.side = nn.Linear(2560, 2)
        self.centres = nn.Parameter(torch.randn(classes, DIM) * 0.1)

    def forward(self, crops, bf16=False):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            maps = self.trunk(crops)
        maps = maps.float()
        mean = maps.mean((2, 3))
        gem = (maps * maps * maps + 1e-6).mean((2, 3)).pow(1 / 3)  # generalised mean, exponent 3
        features = torch.cat([mean, gem], 1)
        embedding = F.normalize(self.embed(features), dim=1)
        return embedding, embedding @ F.normalize(self.centres, dim=1).t(), self.side(features)


def cpu_has_bf16():
    with open("/proc/cpuinfo") as f:
        return "avx512_bf16" in f.read() and os.environ.get("CUPCHECK_BF16", "1") == "1"
