import { Ajv2020 } from 'ajv/dist/2020.js';
import { CupcheckError } from '../../errors.js';
import type { Side } from '../judgement.js';
import type { HeadName } from '../ports.js';
import type { Turns } from '../turns.js';
import { manifestSchema } from './manifest-schema.js';
import { isAtLeast, ownVersion } from './own-version.js';
import { copyFields } from './precision.js';
import { signatureFile } from './signature.js';

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
  readonly outputs: Readonly<Record<'embedding' | 'scores' | 'side', readonly Axis[]>> & {
    /** The pooled maps of the trunk, which the heads read; a bundle without heads may leave it out. */
    readonly features?: readonly Axis[];
  };
  /** Side of the crop over the item's major axis. */
  readonly cropScale: number;
  /** Pixel value outside the item's disc. */
  readonly fill: number;
  /** The same network with its weights in half precision. */
  readonly half?: string;
  /** The same network with its weights, and what passes between its convolutions, in 8 bits. */
  readonly eightBit?: string;
}

/** A small network over what the items network gave: it takes one tensor. */
export interface HeadSpec {
  readonly file: string;
  readonly input: { readonly name: string; readonly shape: readonly Axis[] };
  readonly outputs: Readonly<Record<string, readonly Axis[]>>;
}

/** What single judges need to know, beside their networks. */
export interface JudgesSpec {
  readonly softmax?: {
    /** Class scores are multiplied by it before the softmax, as in training. */
    readonly scale: number;
  };
  readonly cgd?: {
    /** Rows as in the bundle's gallery: the same items, described by this judge's network. */
    readonly gallery: { readonly file: string; readonly dim: number };
    readonly unknownSimilarity: number;
    readonly lookAlikes?: readonly LookAlikes[];
  };
  /** What `metric` and `cgd` say together. */
  readonly combined?: {
    /** By class: how alike an item must be at least. */
    readonly floors: readonly number[];
    readonly lookAlikes: readonly LookAlikes[];
  };
  readonly specialist?: {
    /** Classes that are taken for one another: indices into the manifest's classes. */
    readonly groups: readonly (readonly number[])[];
    readonly gallery: GalleryRows;
    /** Side of the crops that it looks at, pixels. */
    readonly px: number;
  };
  /** Size to which the whole picture is scaled. */
  readonly scene?: { readonly height: number; readonly width: number };
  readonly boosted?: { readonly features: readonly string[] };
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
  /** What tells it from its sisters and the bundle was measured not to read ("year"); not given = nothing is known to be missed. */
  readonly unread?: readonly string[];
}

/** Whose bad cups a bound speaks of: one design's, those of its family, or those of all designs of a pool on average; the narrowest first. */
export const boundScopes = ['design', 'family', 'pooled'] as const;
export type BoundScope = (typeof boundScopes)[number];

interface KindEvidence {
  readonly coins: number;
  readonly falseGreens: number;
  readonly bound: number;
}

/** Coins are counted as `models/calibration/trials.py` says: distinct impostors; those of a cup full of wrong coins count once. */
export interface EvidenceSpec {
  readonly pool: string;
  /** Not given = `pooled`. */
  readonly scope?: BoundScope;
  readonly distinctCoins: number;
  readonly distinctDesigns: number;
  readonly falseGreens: number;
  readonly bound: number;
  readonly confidence: number;
  /** Among what the error of the bound is shared: `shared` = one statement for all designs served, `own` = this one alone. */
  readonly delta: string;
  /** The bound whatever the mix of kinds is. */
  readonly anyMix?: number;
  /** Counted in designs: for impostors, and for orders, of designs that the calibration did not hold. */
  readonly newDesigns?: { readonly impostor: KindEvidence; readonly expected: KindEvidence };
  readonly kinds: Readonly<Record<string, KindEvidence>>;
}

export interface ThresholdSpec {
  /** `null` = not covered. */
  readonly score: number | null;
  readonly evidence: EvidenceSpec | null;
  /** Name of the threshold of a wider scope, which serves where this one's bound is not enough; not given = none. */
  readonly wider?: string;
}

/** Scope of a threshold's bound. */
export const scopeOf = ({ evidence }: ThresholdSpec): BoundScope => evidence?.scope ?? 'pooled';

export interface JudgeSpec {
  readonly name: string;
  readonly neighbours: number;
  readonly unknownSimilarity: number;
  /** Each item is seen in so many turns, and the mean counts; not given = 1. */
  readonly turns?: Turns;
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

export interface GalleryRows {
  readonly file: string;
  readonly dim: number;
  readonly vectors: readonly { readonly class: number; readonly coin: string }[];
}

export interface GallerySpec extends GalleryRows {
  readonly networkSha256: string;
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
  readonly heads?: Readonly<Partial<Record<HeadName, HeadSpec>>>;
  readonly judges?: JudgesSpec;
  /** By judge: thresholds of the judges that are not the bundle's own, under the same names. */
  readonly judgeThresholds?: Readonly<Record<string, Readonly<Record<string, ThresholdSpec>>>>;
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

const numbered = <T>(path: string, list: readonly T[], classesOf: (one: T) => readonly number[]) =>
  list.flatMap((one, index) => classesOf(one).map((number) => [`${path}/${String(index)}`, number] as const));

const judgeGalleries = ({ judges }: Manifest) =>
  (['cgd', 'specialist'] as const).flatMap((name) => {
    const file = judges?.[name]?.gallery.file;
    return file === undefined ? [] : [[`/judges/${name}/gallery/file`, file] as const];
  });

/** The references that a schema cannot check: each file, class, design and threshold named must be there. */
function checkReferences(manifest: Manifest): void {
  const { networks, gallery, classes, designs } = manifest;
  for (const [path, file] of [
    ['/networks/detector/file', networks.detector.file],
    ['/networks/items/file', networks.items.file],
    ...copyFields.flatMap((field) => {
      const file = networks.items[field];
      return file === undefined ? [] : [[`/networks/items/${field}`, file] as const];
    }),
    ['/gallery/file', gallery.file],
    ...Object.entries(manifest.heads ?? {}).map(([name, head]) => [`/heads/${name}/file`, head.file] as const),
    ...judgeGalleries(manifest),
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
  const { cgd, combined, specialist } = manifest.judges ?? {};
  if (combined !== undefined && combined.floors.length !== classes.length)
    throw invalid(
      `/judges/combined/floors has ${String(combined.floors.length)} floors, wanted one for each of ${String(classes.length)} classes`,
    );
  const classNumbers: (readonly [path: string, number: number])[] = [
    ...numbered('/gallery/vectors', gallery.vectors, (vector) => [vector.class]),
    ...numbered('/judge/lookAlikes', manifest.judge.lookAlikes ?? [], (pair) => pair.classes),
    ...numbered('/judges/cgd/lookAlikes', cgd?.lookAlikes ?? [], (pair) => pair.classes),
    ...numbered('/judges/combined/lookAlikes', combined?.lookAlikes ?? [], (pair) => pair.classes),
    ...numbered('/judges/specialist/groups', specialist?.groups ?? [], (group) => group),
    ...numbered('/judges/specialist/gallery/vectors', specialist?.gallery.vectors ?? [], (vector) => [vector.class]),
  ];
  for (const [path, number] of classNumbers)
    if (number >= classes.length)
      throw invalid(`${path} names the class ${String(number)}, wanted 0 to ${String(classes.length - 1)}`);
  const ofJudges = Object.entries(manifest.judgeThresholds ?? {});
  for (const [path, table] of [
    ['/thresholds', manifest.thresholds] as const,
    ...ofJudges.map(([judge, thresholds]) => [`/judgeThresholds/${judge}`, thresholds] as const),
  ])
    checkThresholds(path, table);
  checkShapes(manifest);
}

function checkThresholds(path: string, thresholds: Readonly<Record<string, ThresholdSpec>>): void {
  for (const [name, threshold] of Object.entries(thresholds)) {
    if (threshold.score !== null && threshold.evidence === null)
      throw invalid(`${path}/${name} has a score without its evidence`);
    if (threshold.wider === undefined) continue;
    const wider = Object.hasOwn(thresholds, threshold.wider) ? thresholds[threshold.wider] : undefined;
    if (wider === undefined)
      throw invalid(`${path}/${name}/wider names "${threshold.wider}", which ${path} does not list`);
    if (boundScopes.indexOf(scopeOf(wider)) <= boundScopes.indexOf(scopeOf(threshold)))
      throw invalid(`${path}/${name}/wider names "${threshold.wider}", whose scope is no wider`);
  }
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
  const { features } = items.outputs;
  if (features !== undefined && !(features.length === 2 && features[0] === 'N' && typeof features[1] === 'number'))
    throw invalid('/networks/items/outputs/features must be ["N", values]');
}

/** Before the schema: what a newer bundle has more than this version knows would be told as a fault of the bundle. */
function requireVersion(document: unknown): void {
  const { minDaemon } = (document ?? {}) as { readonly minDaemon?: unknown };
  if (typeof minDaemon !== 'string' || !/^\d{1,5}\.\d{1,5}\.\d{1,5}$/.test(minDaemon)) return;
  if (!isAtLeast(ownVersion(), minDaemon))
    throw invalid(`/minDaemon wants cupcheck ${minDaemon}, this is ${ownVersion()}: update the program first`);
}

/** Each listed file has a place of its own on any disk, beside the manifest and its signature. */
function checkFileNames({ files }: Manifest): void {
  const taken = new Map(['manifest.json', signatureFile].map((name) => [name, name]));
  for (const name of Object.keys(files)) {
    const other = taken.get(name.toLowerCase());
    if (other !== undefined) throw invalid(`/files lists "${name}" beside "${other}"`);
    taken.set(name.toLowerCase(), name);
  }
}

/** @throws BUNDLE_INVALID naming the path in the document, what it holds and what is wanted. */
export function parseManifest(bytes: Uint8Array): Manifest {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new CupcheckError('BUNDLE_INVALID', `manifest.json is not JSON: ${String(cause)}`, { cause });
  }
  requireVersion(document);
  if (!validate(document)) {
    const [error] = validate.errors ?? [];
    const extra: unknown = error?.params['additionalProperty'] ?? error?.params['missingProperty'];
    const named = typeof extra === 'string' ? ` ("${extra}")` : '';
    throw invalid(`${error?.instancePath || '/'} ${error?.message ?? 'is not valid'}${named}`);
  }
  checkFileNames(document);
  checkReferences(document);
  return document;
}
