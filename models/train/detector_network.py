"""The detector: a small U-shaped network, 3×240×320 → centre heat, size, offset and mask on a 60×80 grid."""
import torch
import torch.nn as nn
import torch.nn.functional as F


def conv(cin, cout, kernel=3, stride=1):
    return nn.Sequential(nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(cout), nn.ReLU(inplace=True))


class DetectorNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(conv(3, 16, 3, 2), conv(16, 32, 3, 2), conv(32, 32))      # stride 4
        self.mid = nn.Sequential(conv(32, 64, 3, 2), conv(64, 64))                          # stride 8
        self.deep = nn.Sequential(conv(64, 96, 3, 2), conv(96, 96))                         # stride 16
        self.deep_up, self.mid_side, self.mid_mix = conv(96, 64, 1), conv(64, 64, 1), conv(64, 64)
        self.mid_up, self.stem_side, self.stem_mix = conv(64, 48, 1), conv(32, 48, 1), conv(48, 48)
        self.head = nn.Sequential(conv(48, 32), nn.Conv2d(32, 6, 1))
        nn.init.constant_(self.head[1].bias[0], -4.0)

    def maps(self, image):
        """N×6×60×80: heat logit, width, height, x offset, y offset, mask logit."""
        a = self.stem(image)
        b = self.mid(a)
        c = self.deep(b)
        b = self.mid_mix(F.interpolate(self.deep_up(c), scale_factor=2.0, mode="nearest") + self.mid_side(b))
        a = self.stem_mix(F.interpolate(self.mid_up(b), scale_factor=2.0, mode="nearest") + self.stem_side(a))
        return self.head(a)

    def forward(self, image):
        m = self.maps(image)
        return torch.sigmoid(m[:, 0:1]), m[:, 1:3], m[:, 3:5], torch.sigmoid(m[:, 5:6])


def fused(net):
    """A copy with every batch norm folded into its convolution."""
    import copy
    net = copy.deepcopy(net).eval()
    for m in net.modules():
        if isinstance(m, nn.Sequential) and len(m) == 3 and isinstance(m[1], nn.BatchNorm2d):
            m[0] = nn.utils.fusion.fuse_conv_bn_eval(m[0], m[1])
            m[1] = nn.Identity()
    return net
