import type { Scene } from '../../../../src/pipeline/scene.js';

/** The step between neighbours that 1 pixel in 100 exceeds, in units of the scene (all channels together). */
function steepest({ data, width, usedWidth, usedHeight }: Scene): number {
  const plane = data.length / 3;
  const steps: number[] = [];
  for (let y = 0; y + 1 < usedHeight; y++)
    for (let x = 0; x + 1 < usedWidth; x++) {
      let square = 0;
      for (let at = y * width + x; at < data.length; at += plane) {
        const here = data[at] ?? 0;
        square += ((data[at + 1] ?? 0) - here) ** 2 + ((data[at + width] ?? 0) - here) ** 2;
      }
      steps.push(square);
    }
  steps.sort((a, b) => b - a);
  return Math.sqrt(steps[Math.floor(steps.length / 100)] ?? 0);
}

/** How sharp a scene is against that of the empty cup: the ratio of their steepest steps. For pictures that show no item. */
export const sharpnessAgainst = (scene: Scene, empty: Scene): number =>
  steepest(scene) / Math.max(1e-6, steepest(empty));
