import { Ajv2020 } from 'ajv/dist/2020.js';
import { CupcheckError } from '../../errors.js';
import type { Side } from '../judgement.js';
import { manifestSchema } from './manifest-schema.js';

/** `N` is the batch axis. */
export type Axis = number | 'N';

export interface InputSpec {
  readonly name: string;
  /** Batch, channels, height, width. */
  readonly shape: readonly Axis[];
  readonly type: 'float32';
  readonly color: 'rgb';
  /** A network sees (value − mean) / std, values 0 to 255. */
  readonly mean: number;
  readonly std: number;
}

interface NetworkSpec<Output extends string> {
  readonly file: string;
  readonly input: InputSpec;
  readonly outputs: Readonly<Record<Output, readonly Axis[]>>;
  /** The only batch sizes that are ever run. */
  readonly batches: readonly number[];
}

export interface DetectorSpec extends NetworkSpec<'heat' | 'size' | 'offset' | 'mask'> {
  /** Input pixels a cell. */
  readonly stride: number;
  readonly peakThreshold: number;
}

export interface ItemsSpec extends NetworkSpec<'embedding' | 'scores' | 'side'> {
  /** Side of the crop over the item's major axis. */
  readonly cropScale: number;
  /** Pixel value outside the item's disc. */
  readonly fill: number;
}

/** One side of one design; several designs where they share that side. */
export interface ClassSpec {
  readonly id: string;
  readonly side: Side | null;
  readonly designs: readonly string[];
  /** How alike an item must be at least; not given = the judge's `unknownSimilarity`. */
  readonly unknownSimilarity?: number;
}

export interface DesignSpec {
  readonly id: string;
  readonly name: string;
  readonly diameterMm: number;
  readonly toleranceMm: number;
  readonly minPxPerMm: number;
  readonly family: string | null;
  /** Name of its threshold; `null` = not covered. */
  readonly threshold: string | null;
  readonly origin: string;
}

export interface EvidenceSpec {
  readonly pool: string;
  readonly distinctCoins: number;
  readonly distinctDesigns: number;
  readonly falseGreens: number;
  readonly bound: number;
  readonly confidence: number;
  readonly delta: string;
  readonly kinds: Readonly<
    Record<string, { readonly coins: number; readonly falseGreens: number; readonly bound: number }>
  >;
}

export interface ThresholdSpec {
  /** `null` = not covered. */
  readonly score: number | null;
  readonly evidence: EvidenceSpec | null;
}

export interface JudgeSpec {
  readonly name: string;
  readonly neighbours: number;
  readonly unknownSimilarity: number;
  /** Each item is seen so many times, as it lies and upside down, and the mean counts; not given = 1. */
  readonly turns?: 1 | 2;
  /** Pairs of classes whose pictures are nearly the same: one must lead the other by `margin` more. */
  readonly lookAlikes?: readonly LookAlikes[];
}

export interface LookAlikes {
  /** Indices into the manifest's classes. */
  readonly classes: readonly [number, number];
  readonly margin: number;
}

export interface QualitySpec {
  readonly maxRimWidthMm: number;
  readonly minLuma: number;
  readonly maxClippedShare: number;
  readonly maxMotion: number;
}

export interface GallerySpec {
  readonly file: string;
  readonly dim: number;
  readonly networkSha256: string;
  readonly vectors: readonly { readonly class: number; readonly coin: string }[];
}

/** What a bundle says of itself (`manifest.json`, schema 1). */
export interface Manifest {
  readonly schema: 1;
  readonly name: string;
  readonly version: string;
  readonly minDaemon: string;
  readonly created: string;
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly bytes: number }>>;
  readonly networks: { readonly detector: DetectorSpec; readonly items: ItemsSpec };
  readonly classes: readonly ClassSpec[];
  readonly designs: readonly DesignSpec[];
  readonly gallery: GallerySpec;
  readonly judge: JudgeSpec;
  readonly thresholds: Readonly<Record<string, ThresholdSpec>>;
  readonly quality: QualitySpec;
  readonly provenance: Readonly<Record<string, unknown>>;
}

const validate = new Ajv2020({ allErrors: false, allowUnionTypes: true }).compile<Manifest>(manifestSchema);

const invalid = (what: string) => new CupcheckError('BUNDLE_INVALID', `manifest.json: ${what}`);

function unique(ids: readonly string[], path: string): ReadonlySet<string> {
  const seen = new Set<string>();
  for (const [index, id] of ids.entries()) {
    if (seen.has(id)) throw invalid(`${path}/${String(index)} repeats the id "${id}"`);
    seen.add(id);
  }
  return seen;
}

/** The references that a schema cannot check: each file, class, design and threshold named must be there. */
function checkReferences(manifest: Manifest): void {
  const { networks, gallery, classes, designs } = manifest;
  for (const [path, file] of [
    ['/networks/detector/file', networks.detector.file],
    ['/networks/items/file', networks.items.file],
    ['/gallery/file', gallery.file],
  ] as const)
    if (!Object.hasOwn(manifest.files, file)) throw invalid(`${path} names "${file}", which /files does not list`);
  const known = unique(
    designs.map((design) => design.id),
    '/designs',
  );
  unique(
    classes.map((one) => one.id),
    '/classes',
  );
  for (const [index, one] of classes.entries())
    for (const design of one.designs)
      if (!known.has(design))
        throw invalid(`/classes/${String(index)}/designs names "${design}", which /designs does not list`);
  for (const [index, design] of designs.entries())
    if (design.threshold !== null && !Object.hasOwn(manifest.thresholds, design.threshold))
      throw invalid(`/designs/${String(index)}/threshold names "${design.threshold}", which /thresholds does not list`);
  for (const [index, vector] of gallery.vectors.entries())
    if (vector.class >= classes.length)
      throw invalid(
        `/gallery/vectors/${String(index)}/class is ${String(vector.class)}, wanted 0 to ${String(classes.length - 1)}`,
      );
  for (const [index, { classes: pair }] of (manifest.judge.lookAlikes ?? []).entries())
    for (const one of pair)
      if (one >= classes.length)
        throw invalid(
          `/judge/lookAlikes/${String(index)}/classes names ${String(one)}, wanted 0 to ${String(classes.length - 1)}`,
        );
  for (const [name, threshold] of Object.entries(manifest.thresholds))
    if (threshold.score !== null && threshold.evidence === null)
      throw invalid(`/thresholds/${name} has a score without its evidence`);
  checkShapes(manifest);
}

function checkShapes({ networks, gallery, classes }: Manifest): void {
  const { detector, items } = networks;
  const [, , height, width] = detector.input.shape;
  if (detector.input.shape.length !== 4 || typeof height !== 'number' || typeof width !== 'number')
    throw invalid('/networks/detector/input/shape must be [1, 3, height, width]');
  const cells = `${String(height / detector.stride)},${String(width / detector.stride)}`;
  for (const [name, channels] of [
    ['heat', 1],
    ['size', 2],
    ['offset', 2],
    ['mask', 1],
  ] as const)
    if (detector.outputs[name].join() !== `1,${String(channels)},${cells}`)
      throw invalid(`/networks/detector/outputs/${name} must be [1,${String(channels)},${cells}]`);
  const [batch, channels, cropHeight, cropWidth] = items.input.shape;
  if (batch !== 'N' || channels !== 3 || typeof cropHeight !== 'number' || cropHeight !== cropWidth)
    throw invalid('/networks/items/input/shape must be ["N", 3, side, side]');
  for (const [name, wide] of [
    ['embedding', gallery.dim],
    ['scores', classes.length],
    ['side', 2],
  ] as const)
    if (items.outputs[name].join() !== `N,${String(wide)}`)
      throw invalid(`/networks/items/outputs/${name} must be ["N",${String(wide)}]`);
}

/** @throws BUNDLE_INVALID naming the path in the document, what it holds and what is wanted. */
export function parseManifest(bytes: Uint8Array): Manifest {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new CupcheckError('BUNDLE_INVALID', `manifest.json is not JSON: ${String(cause)}`, { cause });
  }
  if (!validate(document)) {
    const [error] = validate.errors ?? [];
    const extra: unknown = error?.params['additionalProperty'] ?? error?.params['missingProperty'];
    const named = typeof extra === 'string' ? ` ("${extra}")` : '';
    throw invalid(`${error?.instancePath || '/'} ${error?.message ?? 'is not valid'}${named}`);
  }
  checkReferences(document);
  return document;
}
