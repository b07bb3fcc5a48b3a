"""From a coin's cut-out to what a station's camera and detector would hand to the items network."""
import cv2
import numpy as np

CROP_SCALE = 1.04
FILL = 127.5


def disc_mask(px):
    """px×px bool: inside the inscribed disc of a crop; outside is filled (bundle manifest, networks.items.input)."""
    c = np.arange(px) + 0.5 - px / 2
    return (c[:, None] ** 2 + c[None, :] ** 2) <= (px / (2 * CROP_SCALE)) ** 2


def place(rgba, px, rng, size_px, jitter=1.0):
    """Warp the cut-out (disc fills it) into a px×px crop at any rotation, as an imperfect detector would box it. RGB float32, alpha."""
    size = rgba.shape[0]
    small = int(np.clip(size_px, 48, size))
    if small < size * 0.95:
        rgba = cv2.resize(rgba, (small, small), interpolation=cv2.INTER_AREA)
    s = rgba.shape[0]
    a = rng.uniform(0, 2 * np.pi)
    k = px / CROP_SCALE / s * (1 + float(np.clip(rng.normal(0, 0.018), -0.045, 0.045)) * jitter)
    t, squeeze = rng.uniform(0, np.pi), 1 - rng.uniform(0, 0.05) * jitter
    turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    axis = np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
    m = k * axis @ np.diag([1, squeeze]) @ axis.T @ turn
    at = px / 2 - 0.5 + rng.normal(0, 0.012 * px, 2) * jitter
    full = np.hstack([m, (at - m @ np.full(2, s / 2 - 0.5))[:, None]])
    out = cv2.warpAffine(rgba, full, (px, px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(0, 0, 0, 0))
    return out[..., :3].astype(np.float32), out[..., 3].astype(np.float32) / 255


def augment(rgba, px, rng, size_px):
    """One training crop, px×px×3 uint8. `size_px`: the coin's diameter in the camera's picture."""
    rgb, alpha = place(rgba, px, rng, size_px)
    back = rng.uniform(15, 235) * (1 + rng.normal(0, 0.12, 3)).astype(np.float32)
    a = alpha[..., None]
    rgb = rgb * a + back.astype(np.float32) * (1 - a)
    # light: exposure, white balance, a ramp across the coin
    c = (np.arange(px, dtype=np.float32) - px / 2) / px
    t = rng.uniform(0, 2 * np.pi)
    ramp = 1 + rng.uniform(0, 0.45) * (np.cos(t) * c[None, :] + np.sin(t) * c[:, None])
    gain = float(np.exp(rng.normal(0, 0.2))) * (1 + rng.normal(0, 0.05, 3)).astype(np.float32)
    rgb = rgb * (ramp[..., None] * gain.astype(np.float32))
    if rng.uniform() < 0.3:
        grey = rgb.mean(2, keepdims=True)
        rgb = grey + (rgb - grey) * rng.uniform(0, 1.3)
    if rng.uniform() < 0.5:
        mid = float(rgb.mean())
        rgb = mid + (rgb - mid) * rng.uniform(0.7, 1.35)
    if rng.uniform() < 0.35:  # glare
        gx, gy, gs = rng.uniform(-0.4, 0.4), rng.uniform(-0.4, 0.4), rng.uniform(0.08, 0.35)
        spot = np.exp(-((c[None, :] - gx) ** 2 + (c[:, None] - gy) ** 2) / (2 * gs * gs))
        rgb = rgb + (spot * rng.uniform(20, 140))[..., None]
    if rng.uniform() < 0.12:  # something over the edge
        o = rng.uniform(0, 2 * np.pi)
        cover = (np.cos(o) * c[None, :] + np.sin(o) * c[:, None]) > rng.uniform(0.28, 0.46)
        rgb[cover] = back
    if rng.uniform() < 0.6:
        sigma = rng.uniform(0.3, 1.5)
        rgb = cv2.GaussianBlur(rgb, (0, 0), sigma)
    rgb = rgb + rng.normal(0, rng.uniform(0.5, 6), (px, px, 1)).astype(np.float32)
    out = np.clip(rgb, 0, 255).astype(np.uint8)
    if rng.uniform() < 0.25:
        out = cv2.imdecode(cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(55, 95))])[1], cv2.IMREAD_COLOR)
    return out


def vary(wide, wide_scale, px, rng):
    """One training crop from a composed one (`train/composed.py`): turned, shifted, scaled as an imperfect outline would, and lit a little otherwise."""
    a = rng.uniform(0, 2 * np.pi)
    k = px / CROP_SCALE * wide_scale / wide.shape[0] * (1 + float(np.clip(rng.normal(0, 0.016), -0.045, 0.045)))
    t, squeeze = rng.uniform(0, np.pi), 1 - rng.uniform(0, 0.03)
    turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    axis = np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
    m = k * axis @ np.diag([1, squeeze]) @ axis.T @ turn
    at = px / 2 - 0.5 + rng.normal(0, 0.012 * px, 2)
    full = np.hstack([m, (at - m @ np.full(2, wide.shape[0] / 2 - 0.5))[:, None]])
    rgb = cv2.warpAffine(wide, full, (px, px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    rgb *= float(np.exp(rng.normal(0, 0.15))) * (1 + rng.normal(0, 0.04, 3)).astype(np.float32)
    if rng.uniform() < 0.25:
        grey = rgb.mean(2, keepdims=True)
        rgb = grey + (rgb - grey) * rng.uniform(0, 1.2)
    if rng.uniform() < 0.5:
        mid = float(rgb.mean())
        rgb = mid + (rgb - mid) * rng.uniform(0.75, 1.3)
    if rng.uniform() < 0.2:
        rgb = cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.3, 1.0))
    rgb = rgb + rng.normal(0, rng.uniform(0.2, 3), (px, px, 1)).astype(np.float32)
    return np.clip(rgb, 0, 255).astype(np.uint8)


def normalise(crops):
    """N×P×P×3 uint8 RGB → N×3×P×P float32, outside the disc exactly 0."""
    x = (crops.astype(np.float32) - FILL) / FILL
    x *= disc_mask(crops.shape[1])[None, :, :, None]
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))
