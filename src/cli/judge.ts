import { closest, distance } from 'fastest-levenshtein';
import { asCupcheckError, CupcheckError } from '../errors.js';
import { MAX_PX_PER_MM, MIN_PX_PER_MM } from '../pipeline/calibration.js';
import type { Engine } from '../pipeline/engine.js';
import type { Precision } from '../pipeline/bundle/precision.js';
import { emptyCup, judgeCup, type View } from '../pipeline/judge-cup.js';
import type { Policy } from '../pipeline/policy.js';
import { type JudgementDocument, judgementDocument } from './judgement-document.js';
import { fileStamp } from '../pipeline/file-stamp.js';
import { offlineEngine } from './offline-engine.js';
import { counted, hanging, indented } from './layout.js';
import { readPicture } from './read-picture.js';
import { paint, type Terminal } from './terminal.js';

export interface JudgeOptions {
  readonly images: readonly string[];
  /** Folder of the bundle; `null` = the shipped one. */
  readonly bundle: string | null;
  /** Folder of a gallery that serves with the bundle's own; `null` = none. */
  readonly gallery: string | null;
  /** The design that the cups should hold; `null` = identify what they hold. */
  readonly expect: string | null;
  /** Items in a cup; `null` = not checked. */
  readonly count: number | null;
  readonly pxPerMm: number | null;
  /** Picture of the empty cup. */
  readonly reference: string | null;
  readonly overrideNotCovered: boolean;
  readonly unread: 'amber' | 'accept';
  readonly sharedSides: 'strict' | 'allow';
  readonly minInformative: number;
  /** Threads of the networks. */
  readonly threads: number;
  /** Weights of the items network. */
  readonly precision: Precision;
}

/** A picture that could not be judged; the others are. */
export interface PictureError {
  readonly image: string;
  readonly error: { readonly code: string; readonly message: string; readonly help: string };
}

export type PictureDocument = JudgementDocument | PictureError;

function checkOptions({ images, count, pxPerMm }: JudgeOptions): void {
  if (images.length === 0) throw new CupcheckError('USAGE', 'no picture was given');
  if (count !== null && !(Number.isInteger(count) && count >= 1 && count <= 20))
    throw new CupcheckError('USAGE', `--count is ${String(count)}, wanted 1 to 20`);
  if (pxPerMm !== null && !(pxPerMm >= MIN_PX_PER_MM && pxPerMm <= MAX_PX_PER_MM))
    throw new CupcheckError(
      'USAGE',
      `--px-per-mm is ${String(pxPerMm)}, wanted ${String(MIN_PX_PER_MM)} to ${String(MAX_PX_PER_MM)}`,
    );
}

function checkDesign(engine: Engine, expect: string | null): void {
  const ids = engine.bundle.manifest.designs.map(({ id }) => id);
  if (expect === null || ids.includes(expect)) return;
  const near = closest(expect, ids);
  const hint = distance(expect, near) <= 3 ? `; did you mean "${near}"?` : '';
  throw new CupcheckError('ORDER_INVALID', `the bundle does not know the design "${expect}"${hint}`);
}

/**
 * Judges pictures one after the other, without a daemon, and gives a document for each as soon as it is known.
 * One bad picture does not stop the others.
 * @throws USAGE, ORDER_INVALID, BUNDLE_*, and PICTURE_* of the reference
 */
export async function* judgePictures(options: JudgeOptions): AsyncGenerator<PictureDocument, void> {
  checkOptions(options);
  const engine = await offlineEngine(options.bundle, options.threads, [], options.gallery, options.precision);
  try {
    checkDesign(engine, options.expect);
    const empty = options.reference === null ? null : emptyCup(await readPicture(options.reference), engine);
    const view: View = { pxPerMm: options.pxPerMm, empty };
    const policy: Policy = {
      mode: options.expect === null ? 'identify' : 'confirm',
      count: options.count,
      sharedSides: options.sharedSides,
      minInformative: options.minInformative,
      overrideNotCovered: options.overrideNotCovered,
      maxGreenIfBad: null,
      acceptBound: 'pooled',
      acceptUnread: options.unread === 'accept',
      measuringScore: null,
    };
    const order = options.expect === null ? null : { design: options.expect, count: options.count, expired: false };
    for (const image of options.images) {
      try {
        const started = performance.now();
        const picture = await readPicture(image);
        const decodeMs = performance.now() - started;
        const first = { picture, stamp: fileStamp() };
        const judgement = await judgeCup({ first, second: null, order, view, decodeMs }, engine, policy);
        yield judgementDocument(image, judgement);
      } catch (thrown) {
        const { code, message, help } = asCupcheckError(thrown);
        yield { image, error: { code, message, help } };
      }
    }
  } finally {
    await engine.close();
  }
}

/** 0 = all green, 1 = an amber among them, 2 = a picture that could not be judged. */
export function exitCodeOf(documents: readonly PictureDocument[]): 0 | 1 | 2 {
  if (documents.some((document) => 'error' in document)) return 2;
  return documents.every((document) => 'verdict' in document && document.verdict === 'green') ? 0 : 1;
}

/** For people: a line a picture, and one a reason. */
export function formatPicture(document: PictureDocument, terminal: Terminal): string[] {
  if ('error' in document)
    return [...hanging(`${document.image}: ${document.error.message}`), ...indented(document.error.help, 2)];
  const score = document.score === null ? '' : `, score ${document.score.toFixed(3)}`;
  const wanted = document.threshold === null ? '' : ` of ${document.threshold.toFixed(3)}`;
  const total = Object.values(document.ms).reduce((sum, ms) => sum + ms, 0);
  const verdict = document.verdict.toUpperCase();
  const [first = '', ...more] = hanging(
    `${document.image}: ${verdict} ${document.design ?? 'no design'}, ${counted(document.items.length, 'item')}${score}${wanted}, ${total.toFixed(0)} ms`,
  );
  const reasons = document.reasons.flatMap(({ reason, detail }) => indented(`${reason}: ${detail}`, 2));
  const warned = document.warnings.length > 0 ? indented(`warns: ${document.warnings.join(', ')}`, 2) : [];
  return [
    first.replace(`: ${verdict} `, `: ${paint(terminal, document.verdict, verdict)} `),
    ...more,
    ...reasons,
    ...warned,
  ];
}
