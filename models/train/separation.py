"""How well scores tell right from wrong, on held-back items or cups. One measure for all heads, so that their rows can be compared."""
import numpy as np

FEW = 0.01


def separation(scores, truth, possible):
    """{top1, atZero, atOne, right, wrong}. `scores` N×D; `truth` N, −1 = no design is right; `possible` N×D: what its size allows.

    top1: of what has a right design, the share whose best possible score is that design's.
    atZero: the share of right ones whose score lies above every wrong one's; atOne: … above those of all but one in a hundred wrong ones.
    A wrong one is an item with the best of its possible wrong designs: of these each station sees few, so this flatters nobody.
    """
    rows = np.arange(len(scores))
    right = truth >= 0
    masked = np.where(possible, scores, -np.inf)
    own = np.where(right, scores[rows, np.maximum(truth, 0)], np.nan)
    others = masked.copy()
    others[rows[right], truth[right]] = -np.inf
    wrong = others.max(1)
    wrong = wrong[np.isfinite(wrong)]
    top = own[right] > others[right].max(1)
    limit = wrong.max() if len(wrong) else -np.inf
    few = np.quantile(wrong, 1 - FEW) if len(wrong) else -np.inf
    return {"top1": round(float(top.mean()), 4), "atZero": round(float((own[right] > limit).mean()), 4), "atOne": round(float((own[right] > few).mean()), 4),
            "right": int(right.sum()), "wrong": int(len(wrong))}


def lead(sims, holds, floor):
    """N×D: similarity to a design's best class less that of the best other class, or less `floor`. `sims` N×C; `holds` C×D."""
    out = np.zeros((len(sims), holds.shape[1]))
    for d in range(holds.shape[1]):
        out[:, d] = sims[:, holds[:, d]].max(1) - np.maximum(sims[:, ~holds[:, d]].max(1), floor)
    return out


def floor_of(sims, truth, class_fits):
    """How alike something must be to count as known: all but two in a hundred strangers are less like any class of their size."""
    best = np.where(class_fits, sims, -1.0).max(1)
    return float(np.quantile(best[truth < 0], 0.98))
