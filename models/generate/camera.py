"""From linear light to the JPEG that a station's camera gives."""
import cv2
import numpy as np

from .strike import encode


def yuyv(rgb):
    """The 8-bit picture after a USB camera's YUYV: BT.601 in studio range, colour for two neighbours together, and back to RGB."""
    kr, kb = 0.299, 0.114
    f = rgb.astype(np.float32) / 255
    luma = kr * f[..., 0] + (1 - kr - kb) * f[..., 1] + kb * f[..., 2]
    blue, red = (f[..., 2] - luma) / (2 * (1 - kb)), (f[..., 0] - luma) / (2 * (1 - kr))
    luma = np.floor(16 + 219 * luma + 0.5)
    w = rgb.shape[1] // 2 * 2
    for c in (blue, red):
        c[:, :w] = np.repeat((c[:, 0:w:2] + c[:, 1:w:2]) / 2, 2, axis=1)
        np.floor(128 + 224 * c + 0.5, out=c)
    y, b, r = (luma - 16) / 219, (blue - 128) / 224 * 2 * (1 - kb), (red - 128) / 224 * 2 * (1 - kr)
    out = np.dstack([y + r, y - (kb * b + kr * r) / (1 - kr - kb), y + b])
    return np.clip(255 * out + 0.5, 0, 255).astype(np.uint8)


def _moment(station, rng, h):
    """h×1×3: this frame's light against the nominal: white balance that wandered; a lamp on the mains under a rolling shutter."""
    gain = np.exp(rng.normal(0, 1, 3) * station.drift)
    gain /= gain[1]
    rows = np.arange(h, dtype=np.float32)[:, None, None] / h
    bands = 1 + station.flicker * (0.6 * np.sin(2 * np.pi * (rng.uniform(0.6, 3.0) * rows + rng.uniform())) + 0.4 * rng.uniform(-1, 1))
    return (bands * gain).astype(np.float32)


def expose(linear, station, rng, defocus_px=0.0, dim=1.0, motion_px=0.0):
    """8-bit RGB of the scene: focus, vignetting, exposure, sensor noise. Noise is the caller's: every frame has its own."""
    h, w = linear.shape[:2]
    if station.look > 1:
        linear = station.lens.bent(linear) * _moment(station, rng, h)
    sigma = float(np.hypot(station.focus_px, defocus_px))
    if sigma > 0.25:
        linear = cv2.GaussianBlur(linear, (0, 0), sigma)
    if motion_px > 1:
        t, n = rng.uniform(0, np.pi), int(motion_px) | 1
        kernel = np.zeros((n, n), np.float32)
        c, d = n // 2, np.array([np.cos(t), np.sin(t)]) * n / 2
        cv2.line(kernel, (int(c - d[0]), int(c - d[1])), (int(c + d[0]), int(c + d[1])), 1.0)
        linear = cv2.filter2D(linear, -1, kernel / kernel.sum())
    xs, ys = (np.arange(w, dtype=np.float32) / w - 0.5), (np.arange(h, dtype=np.float32) / h - 0.5)
    fade = 1 - station.vignette * 2 * (xs[None, :] ** 2 + ys[:, None] ** 2)
    linear = linear * (fade[..., None] * station.gain * (station.exposure * dim))
    picture = encode(linear).astype(np.float32)
    noise = rng.standard_normal((h, w, 1), dtype=np.float32) * 0.8 + rng.standard_normal((h, w, 3), dtype=np.float32) * 0.5
    amount = station.noise * (1.0 if dim > 0.6 else 1.8)
    picture += cv2.GaussianBlur(noise, (0, 0), 0.55) * (amount * (1.25 - 0.5 * picture / 255))
    picture = np.clip(picture + 0.5, 0, 255).astype(np.uint8)
    return yuyv(picture) if station.yuyv else picture


def jpeg(rgb, path, quality):
    if not cv2.imwrite(str(path), rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality]):
        raise SystemExit(f"{path}: cannot be written")
