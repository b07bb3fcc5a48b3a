import { discLights, type Light } from '../native/quality.js';
import type { Picture } from './frame.js';
import type { Ellipse } from './judgement.js';

/** Light on a picture or a part of it. */
export type Exposure = Light;

/** The rim itself shines and casts a shadow: what lies well inside it counts. */
const WITHIN_RIM = 0.92;

/** Of each item's disc within its rim. */
export const discExposures = (picture: Picture, outlines: readonly Ellipse[]): Exposure[] =>
  discLights(picture, outlines, WITHIN_RIM);
