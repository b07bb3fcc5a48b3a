"""From linear light to the JPEG that a station's camera gives."""
import cv2
import numpy as np

from .strike import encode


def expose(linear, station, rng, defocus_px=0.0, dim=1.0, motion_px=0.0):
    """8-bit RGB of the scene: focus, vignetting, exposure, sensor noise. Noise is the caller's: every frame has its own."""
    h, w = linear.shape[:2]
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
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8)


def jpeg(rgb, path, quality):
    if not cv2.imwrite(str(path), rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality]):
        raise SystemExit(f"{path}: cannot be written")
