"""The rendered designs: a dozen that the bundle knows, a few kept from it, and random ones to train on.

All names, pictures and legends are invented. `SEED_SPLITS` keeps coins of training, calibration, test and demo apart.
"""
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from .motifs import MOTIFS
from .relief import Relief

# A rendered coin is its seed. Coins of different splits never meet: their seeds come from disjoint ranges.
SEED_SPLITS = {"train": (0, 1000), "choosing": (1000, 2000), "calibration": (2000, 6000), "test-photo": (6000, 10000), "demo": (10000, 11000)}


@dataclass(frozen=True)
class Side:
    motif: str
    seed: int = 0
    scale: float = 0.58
    cx: float = 0.0
    cy: float = 0.0
    top: str = ""
    bottom: str = ""
    centre: str = ""
    centre_size: float = 0.5
    centre_y: float = 0.0
    small: str = ""
    small_at: tuple = (0.0, 0.6)
    small_size: float = 0.17
    letters: float = 0.155
    font: str = "serif"
    border: str = "beads"
    field_: str = "plain"
    frame: str = ""


@dataclass(frozen=True)
class Design:
    id: str
    name: str
    diameter_mm: float
    metal: str
    obverse: Side
    reverse: Side
    core: str = ""
    family: str = ""
    shared: dict = field(default_factory=dict, hash=False, compare=False)

    def side(self, name):
        return self.obverse if name == "obverse" else self.reverse

    def class_name(self, side):
        """What a side trains as: equal pictures are one class, whatever design or size carries them."""
        return f"{self.shared.get(side, self.id)}/{side}"


def draw(side, size):
    """The die's height map, size×size float32, heights in hundredths of the coin's radius."""
    m = Relief(size)
    rng = np.random.default_rng(side.seed)
    t = np.linspace(0, 2 * np.pi, 400)
    if side.field_ == "rays":
        for a in np.linspace(0, 2 * np.pi, 73)[:-1]:
            m.line([[0.3 * np.cos(a), 0.3 * np.sin(a)], [0.66 * np.cos(a), 0.66 * np.sin(a)]], 0.02, 0.3)
    elif side.field_ == "waves":
        for y in np.arange(-0.6, 0.61, 0.1):
            w = np.sqrt(0.66**2 - y**2) if abs(y) < 0.66 else 0
            x = np.linspace(-w, w, 60)
            m.line(np.stack([x, y + 0.02 * np.sin(x * 18)], 1), 0.018, 0.28)
    elif side.field_ == "dots":
        for y in np.arange(-0.6, 0.61, 0.12):
            for x in np.arange(-0.6, 0.61, 0.12):
                if x * x + y * y < 0.42:
                    m.disc(x, y, 0.018, 0.35)
    with m.within(side.cx, side.cy, side.scale * (1.12 if side.top and side.bottom else 1.2)):
        MOTIFS[side.motif](m, rng)
    if side.centre:
        m.text(side.centre, 0.0, side.centre_y, side.centre_size, 2.0, side.font, bevel=0.04)
    if side.small:
        m.text(side.small, side.small_at[0], side.small_at[1], side.small_size, 1.4, side.font)
    if side.frame == "ring":
        m.ring(0.66, 0.018, 0.9)
    elif side.frame == "scallop":
        r = 0.665 + 0.022 * np.abs(np.sin(6 * t))
        m.line(np.stack([r * np.cos(t), r * np.sin(t)], 1), 0.02, 1.0, closed=True)
    if side.top:
        m.legend(side.top, 0.765, side.letters, -90, font=side.font)
    if side.bottom:
        m.legend(side.bottom, 0.765, side.letters, 90, font=side.font, inward=True)
    if side.border == "beads":
        for a in np.linspace(0, 2 * np.pi, 97)[:-1]:
            m.disc(0.915 * np.cos(a), 0.915 * np.sin(a), 0.016, 1.2)
    elif side.border == "denticles":
        for a in np.linspace(0, 2 * np.pi, 121)[:-1]:
            m.line([[0.89 * np.cos(a), 0.89 * np.sin(a)], [0.945 * np.cos(a), 0.945 * np.sin(a)]], 0.022, 1.1)
    elif side.border == "stars":
        for a in np.arange(0, 360, 30):
            r = np.radians(a + 15)
            with m.within(0.9 * np.cos(r), 0.9 * np.sin(r), 0.045):
                MOTIFS["star"](m, rng, 5)
    yy, xx = np.mgrid[0:size, 0:size]
    r = np.hypot(xx - (size - 1) / 2, yy - (size - 1) / 2) / (size / 2)
    rim = 2.6 * np.clip((r - 0.935) / 0.02, 0, 1) * (1 - 0.35 * np.clip((r - 0.965) / 0.035, 0, 1) ** 2)
    return np.maximum(m.height, rim.astype(np.float32))


@lru_cache(maxsize=400)
def die(side, size):
    """`draw` at twice the size and averaged down; kept, because many coins are struck from one die."""
    h = draw(side, size * 2)
    return h.reshape(size, 2, size, 2).mean((1, 3))


def _harbour(year, reverse):
    obverse = Side("portrait", 11, 0.56, 0.02, 0.07, top="HARBOUR COMMONWEALTH", bottom="· MARINA II ·", letters=0.14)
    return Design(f"harbour-{year}", f"Harbour crown {year}", 26.0, "nickel", obverse,
                  replace(reverse, top="ONE CROWN", bottom=str(year)), family="harbour", shared={"obverse": "harbour"})


def _wheat(value, word, diameter_mm):
    obverse = Side("wheat", 3, 0.62, 0, 0.05, top="FIELD AND FURROW", letters=0.15, border="denticles")
    return Design(f"wheat-{value}", f"Wheat {word.lower()} cents", diameter_mm, "brass", obverse,
                  Side("wreath", 4, 0.62, 0, 0.02, top=f"{word} CENTS", centre=str(value), centre_size=0.62, border="denticles"),
                  family="wheat", shared={"obverse": "wheat"})


KNOWN = (
    _harbour(2021, Side("ship", 21, 0.55, 0, -0.02, letters=0.15)),
    _harbour(2022, Side("lighthouse", 22, 0.6, 0, 0.0, letters=0.15)),
    _harbour(2023, Side("anchor", 23, 0.56, 0, 0.0, letters=0.15)),
    _wheat(5, "FIVE", 21.0),
    _wheat(10, "TEN", 25.0),
    Design("oak-mark", "Oak mark", 24.0, "silver", Side("tree", 31, 0.6, 0, 0.02, top="REPUBLIC OF ELDERWOOD", letters=0.135),
           Side("leaf", 32, 0.5, 0, 0.1, top="ONE MARK", bottom="· 1968 ·", border="beads")),
    Design("heron-dollar", "Heron dollar", 33.0, "silver", Side("portrait", 43, 0.57, 0, 0.06, top="LIBERTAS", small="1907", small_at=(0, 0.78), border="stars", letters=0.16),
           Side("heron", 42, 0.54, 0, 0.02, top="UNION OF THE LAKES", bottom="ONE DOLLAR", letters=0.135, border="denticles")),
    Design("gate-florin", "Gate florin", 30.5, "silver", Side("tower", 51, 0.6, 0, 0.0, top="CIVITAS ANTIQUA", bottom="MCMXXIV", letters=0.14, frame="ring"),
           Side("shield", 52, 0.55, 0, 0.02, top="TWO SHILLINGS", bottom="FLORIN", border="denticles")),
    Design("keys-penny", "Keys penny", 19.0, "copper", Side("keys", 61, 0.6, 0, 0.0, top="FREE PORT", bottom="1911"),
           Side("ship", 66, 0.36, 0, 0.28, top="ONE PENNY", centre="1", centre_size=0.55, centre_y=-0.26)),
    Design("compass-two", "Compass two", 28.0, "brass", Side("compass", 71, 0.52, top="NORTH SOUTH EAST WEST", letters=0.14, border="plain", font="sans"),
           Side("mountains", 72, 0.5, 0, 0.02, top="2 TALERS", bottom="2019", font="sans", border="plain"), core="nickel"),
    Design("bee-half", "Bee half", 22.0, "brass", Side("bee", 81, 0.58, 0, 0.02, top="INDUSTRIA", border="denticles"),
           Side("honeycomb", 82, 0.5, 0, 0.0, top="HALF TALER", bottom="1954")),
    Design("sun-dime", "Sun dime", 17.9, "silver", Side("sun", 91, 0.6, top="E PLURIBUS SOL", letters=0.16, font="sans"),
           Side("fir", 92, 0.55, 0, 0.0, top="ONE DIME", bottom="1938")),
)

# Never trained on, never in the bundle: what an unknown design is in cups.
UNKNOWN = (
    Design("dolphin-crown", "Dolphin crown", 26.0, "nickel", Side("dolphin", 101, 0.58, 0, 0.02, top="ISLES OF THALASSA", letters=0.14),
           Side("grapes", 102, 0.55, 0, 0.05, top="ONE CROWN", bottom="2020")),
    Design("windmill-mark", "Windmill mark", 24.0, "silver", Side("windmill", 111, 0.6, 0, 0.0, top="LOWLAND STATES", bottom="1971"),
           Side("crown", 112, 0.5, 0, 0.05, top="ONE MARK", border="denticles")),
    Design("lion-florin", "Lion florin", 30.5, "silver", Side("lion", 121, 0.56, 0, 0.02, top="FORTIS ET FIDELIS", letters=0.14, border="denticles"),
           Side("bell", 122, 0.55, 0, 0.0, top="TWO SHILLINGS", bottom="1931")),
    Design("whale-penny", "Whale penny", 19.0, "copper", Side("whale", 131, 0.6, 0, 0.0, top="WHALERS BANK", bottom="1899"),
           Side("star", 132, 0.45, 0, 0.0, top="ONE PENNY", bottom="TOKEN", frame="ring")),
    Design("bridge-five", "Bridge five", 21.0, "brass", Side("bridge", 141, 0.6, 0, 0.02, top="RIVER TOWNS", border="denticles"),
           Side("wreath", 142, 0.6, 0, 0.02, top="FIVE UNITS", centre="V", centre_size=0.6, border="denticles")),
)

_WORDS = ("BANK OF", "KINGDOM", "REPUBLIC", "UNION", "FREE CITY", "CROWN", "PENNY", "MARK", "TALER", "SHILLING", "GULDEN", "HONOR", "PAX", "VIRTUS", "FIDES",
          "OSTMARK", "VALDORIA", "ELBION", "KARSTEN", "MERIDIA", "NORVAL", "TIRANE", "SOLENZA", "AVALON", "CENTS", "UNITS", "TOKEN", "COMMEMORATIVE", "LABOR")


def _random_side(rng):
    motif = str(rng.choice(list(MOTIFS)))
    words = lambda: " ".join(rng.choice(_WORDS, int(rng.integers(1, 3)), replace=False))
    year = str(int(rng.integers(1790, 2030)))
    number = str(rng.choice(["1", "2", "5", "10", "20", "25", "50", "100", "½", "X", "V", "III"]))
    kind = rng.integers(0, 3)
    return Side(motif, int(rng.integers(1 << 30)), float(rng.uniform(0.45, 0.62)) * (0.7 if kind == 2 else 1), float(rng.uniform(-0.05, 0.05)),
                float(rng.uniform(-0.05, 0.1)) + (0.25 if kind == 2 else 0), top=words() if rng.uniform() < 0.85 else "",
                bottom=year if rng.uniform() < 0.6 else (words() if rng.uniform() < 0.3 else ""), letters=float(rng.uniform(0.12, 0.17)),
                centre=number if kind == 2 or motif in ("wreath", "honeycomb") else "", centre_size=float(rng.uniform(0.4, 0.6)),
                centre_y=-0.28 if kind == 2 else 0.0, font=str(rng.choice(["serif", "sans", "condensed", "serif-condensed"])),
                border=str(rng.choice(["beads", "denticles", "plain", "stars"])), field_=str(rng.choice(["plain", "plain", "plain", "rays", "waves", "dots"])),
                frame=str(rng.choice(["", "", "ring", "scallop"])))


def random_designs(count, seed=7):
    """Designs for training classes only: no bundle knows them."""
    rng = np.random.default_rng(seed)
    metals = ["silver", "nickel", "copper", "brass", "gold"]
    out = []
    for i in range(count):
        a, b = _random_side(rng), _random_side(rng)
        out.append(Design(f"random-{i:03d}", f"Random {i}", round(float(rng.uniform(16, 34)), 1), str(rng.choice(metals)), a, b,
                          core=str(rng.choice(metals)) if rng.uniform() < 0.12 else ""))
    return tuple(out)


_NUMERALS = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
_YEAR = re.compile(r"(?<![\w])(1[5-9]\d\d|20\d\d|M[CDLXVIM]{3,})(?![\w])")


def _roman(number):
    out = ""
    for value, letters in _NUMERALS:
        while number >= value:
            out, number = out + letters, number - value
    return out


def _years_later(text, years):
    """The text with its year moved, in its own numerals; None where it holds no year."""
    found = _YEAR.search(text)
    if not found:
        return None
    old = found[0]
    if old.isdigit():
        new = str(int(old) + years)
    else:
        new = _roman(next(n for n in range(1500, 2100) if _roman(n) == old) + years)
    return text[:found.start()] + new + text[found.end():]


def years_later(design, years):
    """(the same coin of another year, the sides that the year stands on); no sides where it bears none. Its plain sides stay the known classes'."""
    moved, sides = {}, []
    for name in ("obverse", "reverse"):
        side = design.side(name)
        for at in ("bottom", "small"):
            text = _years_later(getattr(side, at), years)
            if text is not None:
                side, sides = replace(side, **{at: text}), sides + [name]
        moved[name] = side
    return replace(design, id=f"{design.id}{years:+d}", name=f"{design.name}, {years:+d} years", **moved), sides


# Sisters of another year, which no bundle knows: those of training teach to look at the year; the others are strangers that no training saw.
SISTER_YEARS = {"train": (1, -3, 5, -7, 9, -11), "choosing": (13, -15), "calibration": (4, -4, -8, 12), "test-photo": (2, -2, 6, -6, -10)}


def sisters(split):
    """[(known design, sister, the sides on which its year stands)] of a split."""
    out = [(d, *years_later(d, years)) for d in KNOWN for years in SISTER_YEARS[split]]
    return [found for found in out if found[2]]


RANDOM_SISTER_YEARS = 3
RANDOM_TRAINED, RANDOM_HELD = 64, 8  # the last ones are strangers to choose with
BY_ID = {d.id: d for d in KNOWN + UNKNOWN}


def struck_designs():
    """Every design that coins are struck of, by id."""
    randoms = random_designs(RANDOM_TRAINED + RANDOM_HELD)
    moved = [d for split in SISTER_YEARS for _, d, _ in sisters(split)] + [years_later(d, RANDOM_SISTER_YEARS)[0] for d in randoms[:RANDOM_TRAINED]]
    return {d.id: d for d in (*KNOWN, *UNKNOWN, *randoms, *moved)}
