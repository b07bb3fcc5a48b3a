import { CupcheckError } from '../../errors.js';
import { decodeJpeg } from '../../native/jpeg.js';
import { loadBundle } from '../../pipeline/bundle/load.js';
import { loadCalibration } from '../../pipeline/bundle/load-calibration.js';
import type { Calibration } from '../../pipeline/calibration.js';
import type { Picture } from '../../pipeline/frame.js';
import { coverageOf } from '../../pipeline/bundle/thresholds.js';
import { type Glance, glanceAt } from '../../pipeline/glance.js';
import { type Engine, loadEngine } from '../../pipeline/engine.js';
import { fileStamp } from '../../pipeline/file-stamp.js';
import { type EmptyCup, emptyCup, judgeCup, type View } from '../../pipeline/judge-cup.js';
import type { CodeOrder, Judgement } from '../../pipeline/judgement.js';
import type { OrderSeen, Policy } from '../../pipeline/policy.js';
import type { Inference } from '../../pipeline/ports.js';
import { sameCup } from '../../pipeline/same-cup.js';
import type { EngineChoice } from '../engines/choose-engine.js';
import { readTrust } from '../bundles/trusted-keys.js';
import { stationBundle } from '../gallery/gallery-folder.js';
import { type OrderOfCup, orderOfCup } from '../order-code.js';
import { readKept } from '../golden/golden-folder.js';
import type { CodeReader, FrameRef, JudgeInfo, JudgeRequest, KeptFile, ReplayedCup, ReplayRequest } from '../ports.js';
import type { RingReader } from './ring-reader.js';
import type { InferSettings } from './settings.js';

/** How orders are read off the cup. */
interface CodeOnCup {
  readonly fromCode: 'allowed' | 'required';
  readonly reader: CodeReader;
}

/** Bundle, calibration and networks, loaded: what the judging process does, without how it is asked. */
export class Judging {
  readonly info: JudgeInfo;
  readonly #engine: Engine;
  readonly #policy: Policy;
  readonly #view: View;
  /** The picture's size at the calibration; `null` without one. */
  readonly #camera: Calibration['camera'] | null;
  readonly #code: CodeOnCup | null;
  readonly #reader: RingReader;
  /** The empty cup of the picture that was replayed last: most have the same. */
  #replayedEmpty: { readonly sha256: string; readonly empty: EmptyCup } | null = null;
  /** The cup judged last, for `compare`. */
  #last: { readonly cup: string; readonly glance: Glance } | null = null;

  private constructor(
    info: JudgeInfo,
    engine: Engine,
    policy: Policy,
    view: View,
    camera: Calibration['camera'] | null,
    code: CodeOnCup | null,
    reader: RingReader,
  ) {
    this.info = info;
    this.#engine = engine;
    this.#policy = policy;
    this.#view = view;
    this.#camera = camera;
    this.#code = code;
    this.#reader = reader;
  }

  /**
   * @param choice in what the networks run; `settings` say the rest
   * @param codes reads codes in the zone of the settings; `null` where they name none
   * @throws BUNDLE_*, KEY_INVALID, NETWORK_SHAPE, PROVIDER_UNAVAILABLE, CALIBRATION_INVALID, INFER_FAILED
   */
  static async load(
    settings: InferSettings,
    choice: EngineChoice,
    inference: Inference,
    reader: RingReader,
    codes: CodeReader | null,
  ): Promise<Judging> {
    const policy: Policy = { ...settings.policy, measuringScore: null };
    const shipped = await loadBundle(settings.bundlePath, await readTrust(settings.trust), choice.precision.used);
    if (settings.bundleSha256 !== null && shipped.sha256 !== settings.bundleSha256)
      throw new CupcheckError(
        'BUNDLE_DIGEST',
        `${settings.bundlePath} holds the bundle ${shipped.sha256}, wanted is ${settings.bundleSha256}`,
      );
    const { gallery } = settings;
    const bundle = gallery === null ? shipped : await stationBundle(shipped, gallery.path, gallery.served);
    const calibration = settings.calibrationPath === null ? null : await loadCalibration(settings.calibrationPath);
    const engine = await loadEngine(bundle, inference, settings.judge === null ? [] : [settings.judge]);
    const reference = calibration?.referenceJpeg ?? null;
    const code: CodeOnCup | null =
      settings.code === null || codes === null ? null : { fromCode: settings.code.fromCode, reader: codes };
    const view: View = {
      codeZone: settings.code?.zone ?? null,
      pxPerMm: calibration?.calibration.pxPerMm ?? null,
      empty: reference === null ? null : emptyCup(decodeReference(reference), engine),
    };
    const { signature } = bundle;
    const { name, version, designs } = bundle.manifest;
    const info: JudgeInfo = {
      provider: engine.provider,
      fallback: engine.fallback,
      precision: choice.precision,
      engine:
        choice.engine.used === null || engine.prepared
          ? choice.engine
          : { used: null, because: 'ONNX Runtime did not load all of it' },
      bundle: { name, version, sha256: bundle.sha256 },
      signedBy: signature.kind === 'signed' ? { key: signature.keyId, name: signature.keyName } : null,
      gallerySha256: bundle.gallerySha256,
      calibrationSha256: calibration?.sha256 ?? null,
      designs: designs.map((design) => ({
        id: design.id,
        name: design.name,
        covered: coverageOf(bundle.manifest, design, policy, engine.judges[0].name).kind === 'covered',
      })),
    };
    return new Judging(info, engine, policy, view, calibration?.calibration.camera ?? null, code, reader);
  }

  /** Errors: FRAME_OVERWRITTEN, PICTURE_CORRUPT, PICTURE_SIZE, CALIBRATION_INVALID, INFER_FAILED. */
  async judge({ cup, first, second, order }: JudgeRequest): Promise<Judgement> {
    this.#last = null;
    const startMs = performance.now();
    const [picture, later] = [this.#reader.picture(first), this.#reader.glance(second)];
    this.#requireCalibratedSize(picture);
    const decodeMs = performance.now() - startMs;
    let code: CodeOrder | null = null;
    const readOrder = async (): Promise<OrderSeen> => {
      const found = await this.#orderOn(picture, order);
      code = found.code;
      return found;
    };
    const judgement = await judgeCup(
      {
        first: { picture, stamp: first.stamp },
        second: { glance: later, stamp: second.stamp },
        order,
        view: this.#view,
        decodeMs,
        ...(this.#code === null ? {} : { readOrder }),
      },
      this.#engine,
      this.#policy,
    );
    const glance = glanceAt(picture);
    if (first.encoding !== 'jpeg') this.#reader.requireWhole(first);
    this.#last = { cup, glance };
    return code === null ? judgement : { ...judgement, codeOrder: code };
  }

  /**
   * Judges a picture of the disk by this station's policy, in the scene that comes with it. It is its own second frame: nothing moves.
   * Errors: GOLDEN_INVALID, PICTURE_CORRUPT, PICTURE_SIZE, CALIBRATION_INVALID (the empty cup's picture is of another size), INFER_FAILED.
   */
  async replay({ picture: file, empty, pxPerMm, codeZone, asked }: ReplayRequest): Promise<ReplayedCup> {
    const startMs = performance.now();
    const picture = decodeJpeg(await readKept(file.path, file));
    const view: View = { codeZone, pxPerMm, empty: empty === null ? null : await this.#emptyOf(empty) };
    const { mode, design, count } = asked;
    const order = mode === 'confirm' && design !== null ? { design, count, expired: false } : null;
    const judgement = await judgeCup(
      {
        first: { picture, stamp: fileStamp() },
        second: { glance: glanceAt(picture), stamp: fileStamp() },
        order,
        view,
        decodeMs: performance.now() - startMs,
      },
      this.#engine,
      { ...this.#policy, mode, count },
    );
    const { verdict, items, score } = judgement;
    const reasons = judgement.verdict === 'green' ? [] : judgement.reasons;
    return {
      verdict,
      reasons: reasons.map(({ reason, detail }) => ({ reason, detail })),
      design: judgement.design,
      score,
      items: items.map(({ box, design, score }) => ({ box, design, score })),
    };
  }

  async #emptyOf(file: KeptFile): Promise<EmptyCup> {
    if (this.#replayedEmpty?.sha256 !== file.sha256) {
      const picture = decodeJpeg(await readKept(file.path, file));
      this.#replayedEmpty = { sha256: file.sha256, empty: emptyCup(picture, this.#engine) };
    }
    return this.#replayedEmpty.empty;
  }

  /** The order that counts for the cup in the picture, with what a code on it says. */
  async #orderOn(picture: Picture, latched: JudgeRequest['order']): Promise<OrderOfCup> {
    if (this.#code === null) return { order: latched, doubt: null, code: null };
    const seen = await this.#code.reader.read(picture);
    return orderOfCup(seen, latched, this.#code.fromCode, new Date());
  }

  /** Pixels of another size have another scale. */
  #requireCalibratedSize({ width, height }: Picture): void {
    const calibrated = this.#camera;
    if (calibrated === null || (calibrated.width === width && calibrated.height === height)) return;
    const sizes = `the camera gives ${String(width)}×${String(height)}, calibrated was ${String(calibrated.width)}×${String(calibrated.height)}`;
    throw new CupcheckError('CALIBRATION_INVALID', sizes);
  }

  /** Gives the networks back; nothing may be judged any more. */
  close(): Promise<void> {
    return this.#engine.close();
  }

  /** Errors: CUP_UNKNOWN, FRAME_OVERWRITTEN, PICTURE_CORRUPT, PICTURE_SIZE (of another size than the judged frame). */
  compare(cup: string, frame: FrameRef): { readonly same: boolean; readonly difference: number } {
    if (this.#last?.cup !== cup) {
      const judged = this.#last === null ? 'no cup' : `cup ${this.#last.cup}`;
      throw new CupcheckError('CUP_UNKNOWN', `cup ${cup} is to be compared, but ${judged} was judged last`);
    }
    return sameCup(this.#last.glance, this.#reader.glance(frame), this.#engine.bundle.manifest.quality.maxMotion);
  }
}

function decodeReference(jpeg: Uint8Array) {
  try {
    return decodeJpeg(jpeg);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new CupcheckError('CALIBRATION_INVALID', `the picture of the empty cup: ${message}`, { cause });
  }
}
