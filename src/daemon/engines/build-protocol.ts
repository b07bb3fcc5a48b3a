import type { ErrorCode } from '../../errors.js';
import type { InferSettings } from '../infer/settings.js';
import type { BuildProgress, BuiltEngine } from './build-engine.js';

/** What the building process is started with; both sides are this program, of this version. */
export interface BuildStart {
  readonly store: string;
  readonly golden: string;
  readonly settings: InferSettings;
  readonly maxScoreDifference: number;
}

export type BuildMessage =
  | { readonly type: 'progress'; readonly progress: BuildProgress }
  | { readonly type: 'done'; readonly engines: readonly BuiltEngine[] }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string };
