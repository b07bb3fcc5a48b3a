import { type JudgesBy, placeOfJudging } from './bundles/judging-bundle.js';
import type { Config } from './config/schema.js';
import { digestsOf } from './gallery/galleries.js';
import type { InferSettings } from './infer/settings.js';
import { pictureRef } from './journal/pictures.js';
import type { JournalLimits } from './journal/protocol.js';
import type { PicturePolicy } from './station/conclude.js';

/** Delivered rows beyond this number are pruned, whatever their age. */
const retentionRows = 1_000_000;

/** What the judging process is started with; without more, on the bundle of the config alone. */
export function inferSettings(
  config: Config,
  { place, galleries }: JudgesBy = { place: placeOfJudging(config), galleries: {} },
): InferSettings {
  return {
    bundlePath: place.folder,
    bundleSha256: place.sha256,
    trust: place.trust,
    gallery: { path: config.gallery.path, served: digestsOf(galleries) },
    calibrationPath: config.calibration.path,
    judge: config.judge.name,
    precision: config.infer.precision,
    engines: config.engines.use ? config.engines.path : null,
    threads: config.infer.threads,
    code: codeSettings(config),
    providers: config.providers,
    policy: {
      mode: config.station.mode,
      sharedSides: config.judge.sharedSides,
      minInformative: config.judge.minInformative,
      count: config.station.count,
      overrideNotCovered: config.overrides.notCovered,
      maxGreenIfBad: config.risk.maxGreenIfBad,
      acceptBound: config.risk.accept,
      acceptUnread: config.risk.unread === 'accept',
    },
  };
}

/** Where a code may stand beside the cup: x, y, width, height in picture pixels; `null` where none is read. */
export function zoneOf({
  order: { fromCode, codeZone },
}: Pick<Config, 'order'>): [number, number, number, number] | null {
  const [x, y, width, height] = codeZone?.split(',').map(Number) ?? [];
  if (fromCode === 'off' || x === undefined || y === undefined || width === undefined || height === undefined)
    return null;
  return [x, y, width, height];
}

/** How orders are read off the cup; the relations of the config hold that a zone is there. */
function codeSettings(config: Config): InferSettings['code'] {
  const { fromCode } = config.order;
  const zone = zoneOf(config);
  return fromCode === 'off' || zone === null ? null : { fromCode, zone };
}

/** What the journal keeps. */
export function journalLimits(config: Config): JournalLimits {
  const { maxBytes, retentionDays } = config.journal;
  return { maxBytes, retentionDays, retentionRows, needsDelivery: config.mqtt.enabled };
}

/** Which cups' pictures are kept. */
export function picturePolicy(config: Config): PicturePolicy {
  const { keepAmbers, keepGreensShare } = config.images;
  return (cup, jpeg, utc, verdict) => {
    const kept = verdict === 'amber' ? keepAmbers : Math.random() < keepGreensShare;
    return kept ? pictureRef(cup, jpeg, new Date(utc)) : null;
  };
}
