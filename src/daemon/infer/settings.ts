import { boundScopes } from '../../pipeline/bundle/manifest.js';
import { type Precision, precisions } from '../../pipeline/bundle/precision.js';
import type { Policy } from '../../pipeline/policy.js';
import type { TrustSettings } from '../bundles/trusted-keys.js';
import { Fields } from './border.js';

export const providerNames = ['tensorrt', 'cuda', 'cpu'] as const;
export type ProviderName = (typeof providerNames)[number];

/** What the judging process is started with. */
export interface InferSettings {
  readonly bundlePath: string;
  /** SHA-256 of the manifest that must lie there; `null` = whichever does. */
  readonly bundleSha256: string | null;
  /** Whose bundles may judge. */
  readonly trust: TrustSettings;
  /** Folder of what was taught, and digests of what serves of it, both by network; `null` = the bundle judges alone. */
  readonly gallery: { readonly path: string; readonly served: Readonly<Record<string, string>> } | null;
  /** `null` = not calibrated: each result warns. */
  readonly calibrationPath: string | null;
  /** Name of a judge; `null` = the one that the bundle names. */
  readonly judge: string | null;
  /** The station's part of the decision; a score for measuring is no part of it. */
  readonly policy: Omit<Policy, 'measuringScore'>;
  /** Orders from a code on the cup; `null` = off. */
  readonly code: {
    readonly fromCode: 'allowed' | 'required';
    readonly zone: readonly [number, number, number, number];
  } | null;
  /** In what the weights of the items network are kept; `auto` = 16 bits where an engine of them was proved. */
  readonly precision: Precision | 'auto';
  /** Folder of the prepared engines; `null` = none is used. */
  readonly engines: string | null;
  /** Threads inside one run of a network. */
  readonly threads: number;
  readonly providers: { readonly order: readonly ProviderName[]; readonly require: ProviderName | null };
}

const longestName = 200;
const longestPath = 4096;
const sha256Length = 64;
const mostThreads = 256;
const mostNetworks = 100;
const mostItems = 1000;
const mostPixels = 9999;

function readPolicy(policy: Fields): InferSettings['policy'] {
  return {
    mode: policy.oneOf('mode', ['confirm', 'identify']),
    count: policy.nullable('count', (fields, key) => fields.whole(key, 1, mostItems)),
    sharedSides: policy.oneOf('sharedSides', ['strict', 'allow']),
    minInformative: policy.whole('minInformative', 0, mostItems),
    overrideNotCovered: policy.flag('overrideNotCovered'),
    acceptBound: policy.oneOf('acceptBound', boundScopes),
    acceptUnread: policy.flag('acceptUnread'),
    maxGreenIfBad: policy.nullable('maxGreenIfBad', (fields, key) => fields.number(key, 0, 1)),
  };
}

function readCode(code: Fields): NonNullable<InferSettings['code']> {
  const [x, y, width, height] = code.list('zone', 4, (px, path) => new Fields({ px }, path).whole('px', 0, mostPixels));
  if (x === undefined || y === undefined || width === undefined || height === undefined)
    return code.refuse('zone', 'x, y, width and height');
  return { fromCode: code.oneOf('fromCode', ['allowed', 'required']), zone: [x, y, width, height] };
}

function readGallery(gallery: Fields): InferSettings['gallery'] {
  const served = gallery.record('served');
  return {
    path: gallery.text('path', longestPath),
    served: Object.fromEntries(
      served.keys(mostNetworks).map((network) => [network, served.text(network, sha256Length)]),
    ),
  };
}

/** The first message to the child, checked. Errors: BorderError. */
export function readStart(value: unknown): InferSettings {
  const message = new Fields(value, 'message');
  message.oneOf('type', ['start']);
  const settings = message.record('settings');
  const providers = settings.record('providers');
  const trust = settings.record('trust');
  return {
    bundlePath: settings.text('bundlePath', longestPath),
    bundleSha256: settings.nullable('bundleSha256', (fields, key) => fields.text(key, sha256Length)),
    trust: { folder: trust.text('folder', longestPath), allowUnsigned: trust.flag('allowUnsigned') },
    gallery: settings.nullable('gallery', (fields, key) => readGallery(fields.record(key))),
    calibrationPath: settings.nullable('calibrationPath', (fields, key) => fields.text(key, longestPath)),
    judge: settings.nullable('judge', (fields, key) => fields.text(key, longestName)),
    policy: readPolicy(settings.record('policy')),
    precision: settings.oneOf('precision', [...precisions, 'auto'] as const),
    engines: settings.nullable('engines', (fields, key) => fields.text(key, longestPath)),
    threads: settings.whole('threads', 1, mostThreads),
    code: settings.nullable('code', (fields, key) => readCode(fields.record(key))),
    providers: {
      order: providers.list('order', providerNames.length, (name, path) =>
        new Fields({ name }, path).oneOf('name', providerNames),
      ),
      require: providers.nullable('require', (fields, key) => fields.oneOf(key, providerNames)),
    },
  };
}
