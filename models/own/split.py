"""Which coin serves what. A coin serves one thing only: what is known by it is not calibrated by it, and not tested by it.

The order of a design's coins is that of a hash of their names, so that neither the order of the files nor that of photographing
plays a part; along it the parts are dealt out so that each has its share at any number of coins.
"""
import hashlib

# by the names that the generator of cups has for them; "train" = the examples that stand for a design (nothing is trained here)
SHARES = {"calibration": 0.35, "train": 0.35, "test-photo": 0.20, "choosing": 0.10}
STRANGER_SHARES = {"calibration": 0.4, "test-photo": 0.3, "choosing": 0.3}
SAYS = {"train": "examples", "choosing": "choosing", "calibration": "calibration", "test-photo": "test"}


def deal(coins, shares=None):
    """coin → part."""
    shares = shares or SHARES
    counts, out = dict.fromkeys(shares, 0), {}
    for n, coin in enumerate(sorted(coins, key=lambda c: hashlib.sha256(c.encode()).hexdigest()), start=1):
        part = max(shares, key=lambda p: (n * shares[p] - counts[p], shares[p]))
        counts[part] += 1
        out[coin] = part
    return out


def split(photos):
    """coin → part, of all photographs; strangers have no examples."""
    out = {}
    for design in sorted({p.design for p in photos}):
        out |= deal({p.coin for p in photos if p.design == design}, SHARES if design else STRANGER_SHARES)
    return out
