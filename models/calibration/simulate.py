"""Does the printed bound hold where cups are clustered? A thousand calibrations in worlds whose true risk is known exactly.

    python3 -m calibration.simulate

A world: impostors come in designs, coins of a design, composites (cups) of a coin. A cup's score is the tendency of its design, plus that of
its coin, plus a little of its own; so composites of one coin are nearly copies, and a few coins fool the judge nearly always. All three are
normal (the propensity to be green at a threshold is then a probit-normal one), so the true risk at any threshold is a normal tail.

What is guaranteed. Draw a coin at random from where the calibration's coins came from, and a cup of it at random: the probability that the
cup turns green is at most the printed bound, but for one calibration in twenty. Not: for each coin (one that fools the judge does so
every day), nor for coins of another origin, nor for one design of many (see `scopes`).

Why "any of its cups green" is on the safe side. A coin with propensity p is a failure with probability 1 − (1 − p)^m ≥ p over its m cups. So
the bound is one of a larger probability than the one it is printed for. More cups of a coin can only add failures, never trials: that makes
the calibration stricter, not more certain.

Why composites must not be counted. m copies of a coin tell hardly more than one, but the bound would shrink m times. The same with the
coins of a cup full of wrong coins: they were tried together, once. And a bound for a design never seen is one over designs: the coins of a
design are its copies.
"""
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta, norm

from .bounds import CONFIDENCE, upper_bound
from .walk import GRID, MARGIN, MAX_BOUND

RUNS = 1000


@dataclass(frozen=True)
class World:
    """Standard deviations of the score by design, coin and cup; its mean; how many of each, and impostors in a cup."""
    name: str
    designs: int
    coins: int       # of each design
    composites: int  # of each coin, or of each group of coins that lie in a cup together
    by_design: float = 0.0
    by_coin: float = 0.15
    by_cup: float = 0.01
    mean: float = -0.10
    together: int = 1
    seed: int = 1

    def scores(self, runs=RUNS):
        """[runs, designs, groups of coins, composites]: a cup is as green as its least deceptive coin."""
        rng = np.random.default_rng(self.seed)
        design = rng.normal(0, self.by_design, (runs, self.designs, 1, 1)) if self.by_design else 0.0
        groups = self.coins // self.together
        coin = rng.normal(0, self.by_coin, (runs, self.designs, groups, 1, self.together)).min(-1)
        return self.mean + design + coin + rng.normal(0, self.by_cup, (runs, self.designs, groups, self.composites))

    def risk(self, thresholds):
        """P(green | a bad cup of new coins of a new design); several coins in a cup: averaged over the cup's own part, which is small."""
        t = np.asarray(thresholds, float)
        if self.together == 1:
            return norm.sf(t - self.mean, scale=np.sqrt(self.by_design**2 + self.by_coin**2 + self.by_cup**2))
        nodes, weights = np.polynomial.hermite_e.hermegauss(41)
        rest = np.hypot(self.by_design, self.by_cup)
        return (norm.sf(t[..., None] - self.mean - rest * nodes, scale=self.by_coin) ** self.together * weights).sum(-1) / weights.sum()


# `walk.lowest_passing` for many runs at once; a test holds them to each other.
def walked(scores):
    """For each run the lowest threshold that passes, NaN where none does. `scores`: [runs, trials]."""
    grid = np.array(GRID)
    passes = (scores.max(1, keepdims=True) < grid) & (upper_bound(0, scores.shape[1]) <= MAX_BOUND)
    return np.where(passes.any(1), grid[np.maximum(passes.sum(1) - 1, 0)], np.nan)


def broken(world, trials, counted, margin=MARGIN):
    """Of the runs: how often the true risk at the shipped threshold exceeds the bound that is printed for `counted` trials.

    `trials`: [runs, n] scores by which the walk is made. A run in which no threshold passes promises nothing, so it breaks nothing.
    """
    bound = upper_bound(0, counted)
    chosen = walked(trials)
    risk = world.risk(np.nan_to_num(chosen, nan=1.0) + margin)
    return int(np.sum(~np.isnan(chosen) & (risk > bound)))


def rate(count, runs=RUNS):
    """(share, lower, upper): exact interval of 95 %."""
    low = beta.ppf(0.025, count, runs - count + 1) if count else 0.0
    return count / runs, float(low), float(beta.ppf(0.975, count + 1, runs - count)) if count < runs else 1.0


# 100 or more pieces of evidence in each, so that a bound can be printed; means such that the walk ends inside the grid.
COPIES = World("20 cups a coin, nearly copies", designs=1, coins=100, composites=20, seed=1)
LOOSE = World("20 cups a coin, hardly alike", designs=1, coins=100, composites=20, by_coin=0.10, by_cup=0.10, seed=2)
SINGLE = World("one cup a coin", designs=1, coins=200, composites=1, seed=3)
TOGETHER = World("cups full of wrong coins, five in each", designs=1, coins=500, composites=3, together=5, mean=0.10, seed=4)
DESIGNS = World("designs differ, coins of one are alike", designs=80, coins=10, composites=3, by_design=0.15, by_coin=0.03, seed=5)


@dataclass(frozen=True)
class Row:
    world: World
    counted: str
    trials: int
    broken: int
    holds: bool | None  # what it should do; None = either, since cups of a coin are hardly alike there
    margin: float = MARGIN


def table(runs=RUNS):
    """Each world, counted rightly and wrongly."""
    rows = []
    for world in (COPIES, LOOSE, SINGLE, TOGETHER, DESIGNS):
        cups = world.scores(runs)
        groups = cups.max(-1).reshape(runs, -1)
        designs = cups.max((-1, -2))
        every = cups.reshape(runs, -1)
        n = groups.shape[1]
        right, label = (designs, "designs") if world.by_design else (groups, "cups of distinct coins" if world.together > 1 else "distinct coins")
        counts = [(label, right, right.shape[1], True)]
        if world.by_design:
            counts.append(("distinct coins", groups, n, False))
        if world.together > 1:
            counts.append(("coins, each alone", groups, n * world.together, False))
        if world.composites > 1:
            counts.append(("composites", every, every.shape[1], None if world.by_cup >= world.by_coin else False))
        rows += [Row(world, name, count, broken(world, trials, count, margin), holds, margin) for name, trials, count, holds in counts for margin in (MARGIN, 0.0)]
    return rows


def report(rows, runs=RUNS):
    yield f"{runs} simulated calibrations each; broken = the true risk of a new bad cup exceeds the printed bound ({CONFIDENCE:.0%} promised)"
    yield f"{'world':46} {'counted in':23} {'n':>5} {'bound':>7} {'margin':>6}  broken (95 % interval)"
    for r in rows:
        share, low, high = rate(r.broken, runs)
        verdict = "holds" if share <= 1 - CONFIDENCE else "BROKEN" if low > 1 - CONFIDENCE else "holds within its error"
        yield f"{r.world.name:46} {r.counted:23} {r.trials:5} {upper_bound(0, r.trials):7.2%} {r.margin:6.2f}  {share:6.1%} ({low:.1%} to {high:.1%})  {verdict}"


if __name__ == "__main__":
    print("\n".join(report(table())))
