import { steepestStep } from '../native/quality.js';
import type { Scene } from './scene.js';

/** How sharp a scene is against that of the empty cup: the ratio of their steepest steps. For pictures that show no item. */
export const sharpnessAgainst = (scene: Scene, empty: Scene): number =>
  steepestStep(scene) / Math.max(1e-6, steepestStep(empty));
