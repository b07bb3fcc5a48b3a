"""The exact bound of a probability of failure, and how many trials a bound takes."""
from math import ceil, log, log1p

from scipy.stats import beta

CONFIDENCE = 0.95


def upper_bound(failures, trials, confidence=CONFIDENCE):
    """One-sided upper bound (Clopper and Pearson 1934); 1 where nothing was tried."""
    return 1.0 if trials == 0 or failures >= trials else float(beta.ppf(confidence, failures + 1, trials - failures))


def trials_needed(bound, confidence=CONFIDENCE):
    """Trials without a failure that carry `bound`: about 3/bound at 95 %."""
    return ceil(log(1 - confidence) / log1p(-bound) - 1e-9)
