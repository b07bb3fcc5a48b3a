import { readTrust } from '../../daemon/bundles/trusted-keys.js';
import type { Config } from '../../daemon/config/schema.js';
import { inferSettings } from '../../daemon/from-config.js';
import { readBundleState } from '../../daemon/bundles/bundle-state-file.js';
import { digestsOf } from '../../daemon/gallery/galleries.js';
import { stationBundle } from '../../daemon/gallery/gallery-folder.js';
import type { GoldenRecord } from '../../daemon/golden/golden-record.js';
import type { Result } from '../../daemon/result.js';
import { CupcheckError } from '../../errors.js';
import { decodeJpeg } from '../../native/jpeg.js';
import { loadBundle } from '../../pipeline/bundle/load.js';
import type { Precision } from '../../pipeline/bundle/precision.js';
import type { LoadedCalibration } from '../../pipeline/bundle/load-calibration.js';
import type { Engine } from '../../pipeline/engine.js';
import type { Picture } from '../../pipeline/frame.js';
import { glanceAt } from '../../pipeline/glance.js';
import { emptyCup, judgeCup, type View } from '../../pipeline/judge-cup.js';
import type { Policy } from '../../pipeline/policy.js';
import { fileStamp } from '../../pipeline/file-stamp.js';
import { engineOf } from '../offline-engine.js';
import { type JudgedCup, judgedNow, reasonsOfTheMoment } from './judged-cup.js';

export interface ReplayOptions {
  readonly config: Config;
  /** Folder of the bundle. Whoever names it answers for it: an unsigned one is taken, since no light is lit by it. */
  readonly folder: string;
  /** `null` = the one of the config, else the bundle's. */
  readonly judge: string | null;
  /** `null` = that of the config; `auto` is 32 bits here. */
  readonly precision: Precision | null;
  /** The station's calibration; `null` = it has none. */
  readonly calibration: LoadedCalibration | null;
}

const order = ({ order, reasons }: Result) =>
  order === null
    ? null
    : { design: order.design, count: order.count, expired: reasons.some(({ reason }) => reason === 'order_expired') };

/** A cup that no judge saw, because none was ready, says nothing of the calibration. */
const wasJudged = ({ bundle }: Result) => bundle !== null;

/** Why the station cannot judge a cup as it was judged; `null` = it can. */
export function calibrationDoubt(result: Result, calibration: LoadedCalibration | null): string | null {
  const then = result.calibration_sha256;
  if (!wasJudged(result) || then === null || then === calibration?.sha256) return null;
  const now = calibration === null ? 'none' : calibration.sha256.slice(0, 12);
  return `cup ${result.seq} was judged by the calibration ${then.slice(0, 12)}, the station has ${now}`;
}

/** Judges journalled cups once more, as the station would judge them with this bundle, on this machine's CPU. */
export class ReplayJudge {
  readonly bundle: { readonly name: string; readonly version: string; readonly sha256: string };
  readonly judgeName: string;
  readonly #engine: Engine;
  readonly #policy: Policy;
  readonly #view: View;
  readonly #calibration: LoadedCalibration | null;

  private constructor(engine: Engine, { config, calibration }: ReplayOptions) {
    const { policy, code } = inferSettings(config);
    const { manifest, sha256 } = engine.bundle;
    const reference = calibration?.referenceJpeg ?? null;
    this.bundle = { name: manifest.name, version: manifest.version, sha256 };
    this.judgeName = engine.judges[0].name;
    this.#engine = engine;
    this.#policy = { ...policy, measuringScore: null };
    this.#calibration = calibration;
    this.#view = {
      codeZone: code?.zone ?? null,
      pxPerMm: calibration?.calibration.pxPerMm ?? null,
      empty: reference === null ? null : emptyCup(decodeJpeg(reference), engine),
    };
  }

  /** Errors: BUNDLE_*, KEY_INVALID, GALLERY_INVALID, NETWORK_SHAPE, NOT_SUPPORTED, CALIBRATION_INVALID, INFER_FAILED. */
  static async load(options: ReplayOptions): Promise<ReplayJudge> {
    const { config, folder } = options;
    const trust = await readTrust({ folder: config.bundle.trusted, allowUnsigned: true });
    const precision = options.precision ?? (config.infer.precision === 'auto' ? 'fp32' : config.infer.precision);
    const bundle = await loadBundle(folder, trust, precision);
    const { galleries } = (await readBundleState(config)).active;
    const taught = await stationBundle(bundle, config.gallery.path, digestsOf(galleries));
    const judge = options.judge ?? config.judge.name;
    const engine = await engineOf(taught, config.infer.threads, judge === null ? [] : [judge]);
    try {
      return new ReplayJudge(engine, options);
    } catch (thrown) {
      await engine.close();
      throw thrown;
    }
  }

  /**
   * The cup's order, mode, count and calibration as they were; the rest of the policy as the config says now.
   * @param jpeg the picture that was judged
   * @throws PICTURE_CORRUPT, PICTURE_SIZE, CALIBRATION_INVALID, INFER_FAILED
   */
  async judge(result: Result, jpeg: Uint8Array): Promise<JudgedCup> {
    const started = performance.now();
    const picture = decodeJpeg(jpeg);
    const decodeMs = performance.now() - started;
    const { mode, count, calibration_sha256: calibrated } = result;
    const view = wasJudged(result) && calibrated === null ? { ...this.#view, pxPerMm: null, empty: null } : this.#view;
    if (view.pxPerMm !== null) this.#requireCalibratedSize(picture);
    const policy = { ...this.#policy, mode, count: count.seen === null ? this.#policy.count : count.expected };
    const first = { picture, stamp: fileStamp() };
    const input = { first, second: null, order: order(result), view, decodeMs };
    return judgedNow(await judgeCup(input, this.#engine, policy), reasonsOfTheMoment(result));
  }

  /**
   * A golden picture, in the scene and against the truth that were kept with it, as the self-test judges it.
   * @param empty the JPEG of its empty cup; `null` = none
   * @throws PICTURE_CORRUPT, PICTURE_SIZE, CALIBRATION_INVALID, INFER_FAILED
   */
  async judgeGolden(
    { scene: { pxPerMm, codeZone }, expected: { mode, design, count } }: GoldenRecord,
    jpeg: Uint8Array,
    empty: Uint8Array | null,
  ): Promise<JudgedCup> {
    const started = performance.now();
    const picture = decodeJpeg(jpeg);
    const decodeMs = performance.now() - started;
    const view: View = { codeZone, pxPerMm, empty: empty === null ? null : emptyCup(decodeJpeg(empty), this.#engine) };
    const input = {
      first: { picture, stamp: fileStamp() },
      second: { glance: glanceAt(picture), stamp: fileStamp() },
      order: mode === 'confirm' && design !== null ? { design, count, expired: false } : null,
      view,
      decodeMs,
    };
    return judgedNow(await judgeCup(input, this.#engine, { ...this.#policy, mode, count }), []);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  #requireCalibratedSize({ width, height }: Picture): void {
    const { camera } = this.#calibration?.calibration ?? {};
    if (camera === undefined || (camera.width === width && camera.height === height)) return;
    throw new CupcheckError(
      'CALIBRATION_INVALID',
      `the picture has ${width}×${height} pixels, calibrated was ${camera.width}×${camera.height}`,
    );
  }
}
