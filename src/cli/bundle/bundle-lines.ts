import type { Listed } from '../../daemon/bundles/store.js';
import {
  boundScopes,
  type DesignSpec,
  type Manifest,
  scopeOf,
  type ThresholdSpec,
} from '../../pipeline/bundle/manifest.js';
import { copiesIn, itemsFile } from '../../pipeline/bundle/precision.js';
import { bundleBytes, listedFiles, type SignedManifest } from '../../pipeline/bundle/read-manifest.js';
import type { Signature } from '../../pipeline/bundle/signature.js';
import { counted, fields, printable, sizeText, table } from '../layout.js';

export const shortId = (id: string) => id.slice(0, 12);

export function signatureText(signature: Signature): string {
  if (signature.kind === 'signed') return `by ${signature.keyName}, key ${shortId(signature.keyId)}`;
  return signature.keyId === null ? 'none' : `by a key that is not trusted here, ${shortId(signature.keyId)}`;
}

const filesText = (signed: SignedManifest) =>
  `${counted(listedFiles(signed.manifest).length, 'file')}, ${sizeText(bundleBytes(signed))}`;

/** Which bundle it is, and who answers for it. */
export function identityRows(signed: SignedManifest): (readonly [string, string])[] {
  const { manifest, sha256, signature } = signed;
  return [
    ['bundle', `${manifest.name} ${manifest.version}`],
    ['digest', sha256],
    ['signature', signatureText(signature)],
    ['files', filesText(signed)],
  ];
}

/** The same as a document. */
export function identityOf(signed: SignedManifest) {
  const { manifest, sha256, signature } = signed;
  return {
    name: manifest.name,
    version: manifest.version,
    sha256,
    signed: signature.kind === 'signed',
    key: signature.keyId,
    keyName: signature.kind === 'signed' ? signature.keyName : null,
    files: listedFiles(manifest).length,
    bytes: bundleBytes(signed),
  };
}

const shape = (axes: readonly (number | string)[]) => axes.join('×');

function networkRows(manifest: Manifest): (readonly [string, string])[] {
  const { networks, heads = {} } = manifest;
  const one = (
    name: string,
    file: string,
    input: readonly (number | string)[],
    outputs: Manifest['networks']['items']['outputs'] | Readonly<Record<string, readonly (number | string)[]>>,
    more: string,
  ) =>
    [
      name,
      `${file}: ${shape(input)} → ${Object.entries(outputs)
        .map(([output, axes]) => `${output} ${shape(axes)}`)
        .join(', ')}${more}`,
    ] as const;
  const batches = (sizes: readonly number[]) => `; batches of ${sizes.join(', ')}`;
  const { detector, items } = networks;
  const copies = copiesIn(manifest).map((copy) => `; ${copy} in ${itemsFile(manifest, copy)}`);
  return [
    one('detector', detector.file, detector.input.shape, detector.outputs, batches(detector.batches)),
    one('items', items.file, items.input.shape, items.outputs, `${batches(items.batches)}${copies.join('')}`),
    ...Object.entries(heads).map(([name, head]) => one(name, head.file, head.input.shape, head.outputs, '')),
  ];
}

const percent = (share: number) => `${(share * 100).toFixed(2)} %`;

function evidenceText({ score, evidence }: ThresholdSpec): string {
  if (score === null || evidence === null) return 'not calibrated';
  const { bound, confidence, distinctCoins, falseGreens } = evidence;
  return `score ${score.toFixed(3)}, at most ${percent(bound)} of bad cups green (${Math.round(confidence * 100)} % sure, ${counted(falseGreens, 'false green')}, ${counted(distinctCoins, 'coin')})`;
}

/** Thresholds by whose bad cups they speak of: many are counted, few are told. */
function thresholdRows({ thresholds }: Manifest): (readonly [string, string])[] {
  const all = Object.entries(thresholds);
  if (all.length <= 4) return all.map(([name, spec]) => [`threshold`, `${name}: ${evidenceText(spec)}`] as const);
  return boundScopes.flatMap((scope) => {
    const of = all.filter(([, spec]) => scopeOf(spec) === scope);
    const calibrated = of.filter(([, { score }]) => score !== null);
    if (of.length === 0) return [];
    const widest = Math.max(...calibrated.map(([, { evidence }]) => evidence?.bound ?? 1));
    const bound = calibrated.length === 0 ? '' : `, their widest bound ${percent(widest)}`;
    return [[`of a ${scope}`, `${counted(of.length, 'threshold')}, ${calibrated.length} calibrated${bound}`] as const];
  });
}

const isCovered = ({ thresholds }: Manifest, name: string | null) =>
  name !== null && typeof thresholds[name]?.score === 'number';

/** What tells it from its sisters and the bundle does not read. */
const unreadOf = ({ unread = [] }: DesignSpec): string => unread.join(', ');

/** What a bundle says of itself, for people. */
export function inspectLines(signed: SignedManifest, { designs }: { readonly designs: boolean }): string[] {
  const { manifest } = signed;
  const covered = manifest.designs.filter(({ threshold }) => isCovered(manifest, threshold));
  const unread = covered.filter((design) => unreadOf(design) !== '').length;
  const ifAccepted = unread === 0 ? '' : ` (${unread} only with risk.unread: accept)`;
  const made = Object.entries(manifest.provenance).filter(([, value]) => typeof value === 'string');
  const lines = fields([
    ...identityRows(signed),
    ['made', manifest.created],
    ['needs', `cupcheck ${manifest.minDaemon} or newer`],
    ['judge', manifest.judge.name],
    [
      'designs',
      `${manifest.designs.length}, ${covered.length} covered${ifAccepted}, in ${manifest.classes.length} classes`,
    ],
    ...thresholdRows(manifest),
    ...networkRows(manifest),
    ...made.map(([name, value]) => [name, String(value)] as const),
  ]);
  if (!designs) return lines;
  const rows = manifest.designs.map((design) => {
    const { id, diameterMm, threshold } = design;
    const details = unreadOf(design);
    return [
      printable(id).slice(0, 40),
      `${diameterMm.toFixed(2)} mm`,
      isCovered(manifest, threshold) ? printable(threshold ?? '').slice(0, 20) : 'not covered',
      details === '' ? '' : printable(`not read: ${details}`),
    ];
  });
  return [...lines, '', ...table(rows).map((line) => line.trimEnd())];
}

/** The manifest without the rows of its galleries and of its judges', which say nothing to a person. */
export function inspectDocument(signed: SignedManifest) {
  const { gallery, judges = {}, ...manifest } = signed.manifest;
  const { vectors, ...described } = gallery;
  const counts = { judges: Object.keys(judges), gallery: { ...described, vectors: vectors.length } };
  return { ...identityOf(signed), manifest: { ...manifest, ...counts } };
}

/** A bundle of the store, and how it stands. */
export type ListedState = Listed & {
  /** Whether the station judges by it. */
  readonly inUse: boolean;
  /** In a word; empty = nothing but installed. */
  readonly state: string;
};

/** The bundles of a store. */
export function listLines(listed: readonly ListedState[]): string[] {
  const isAnyOnItsWay = listed.some(({ state }) => state !== '');
  const rows = listed.map((one) => {
    const mark = one.inUse ? '*' : ' ';
    const state = isAnyOnItsWay ? [one.state] : [];
    if (!one.ok) return [`${mark} ${shortId(one.sha256)}`, 'damaged', '', '', ...state];
    const { signature } = one;
    const unsigned = () => (signature.keyId === null ? 'not signed' : 'unknown key');
    const signed = signature.kind === 'signed' ? signature.keyName : unsigned();
    return [`${mark} ${shortId(one.sha256)}`, `${one.name} ${one.version}`, sizeText(one.bytes), signed, ...state];
  });
  return listed.length === 0 ? [] : table(rows).map((line) => line.trimEnd());
}
