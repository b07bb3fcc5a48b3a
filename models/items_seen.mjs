// What the station's own pipeline sees of single items: their crops and measured sizes beside the truth, for `item_study.py`.
//   node models/items_seen.mjs CUPS_FOLDER OUT_PREFIX [BUNDLE]      → OUT_PREFIX.jsonl (a line an item) and OUT_PREFIX.u8 (their crops)
// CUPS_FOLDER is what `generate.cups` wrote; the daemon's code must have been built (`npm run build`).
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { matchBoxes } from '../dist/cli/evaluate/match-items.js';
import { readTruth } from '../dist/cli/evaluate/truth.js';
import { offlineEngine } from '../dist/cli/offline-engine.js';
import { readPicture } from '../dist/cli/read-picture.js';
import { cropItems } from '../dist/pipeline/crop.js';
import { detect } from '../dist/pipeline/detect.js';
import { measureItems } from '../dist/pipeline/measure.js';
import { sceneOf } from '../dist/pipeline/scene.js';

const [folder, out, bundle = null] = process.argv.slice(2);
if (folder === undefined || out === undefined) {
  console.error('node models/items_seen.mjs CUPS_FOLDER OUT_PREFIX [BUNDLE]');
  process.exit(2);
}
const cups = await readTruth(folder, false);
const engine = await offlineEngine(bundle, 1);
const { items: spec, detector } = engine.bundle.manifest.networks;
const lines = createWriteStream(`${out}.jsonl`);
const crops = createWriteStream(`${out}.u8`);
for (const [index, cup] of cups.entries()) {
  const picture = await readPicture(join(folder, cup.image));
  const found = await detect(sceneOf(picture, detector), detector, engine.detector);
  const items = measureItems(picture, found.items, cup.pxPerMm);
  const truth = matchBoxes(items.map(({ box }) => box), cup.items.map(({ box }) => box));
  const { data } = cropItems(picture, items.map(({ outline }) => outline), spec);
  crops.write(Uint8Array.from(data, (value) => Math.round(value * spec.input.std + spec.input.mean)));
  for (const [at, item] of items.entries()) {
    const real = truth[at] === null ? null : cup.items[truth[at]];
    lines.write(`${JSON.stringify({ cup: cup.image, kind: cup.kind, truth: real, diameterMm: item.diameterMm, outline: item.outline, rimFitted: item.rimFitted, ...item.quality })}\n`);
  }
  if ((index + 1) % 50 === 0 || index + 1 === cups.length) console.log(`${index + 1}/${cups.length} cups`);
}
for (const stream of [lines, crops]) {
  stream.end();
  await finished(stream);
}
await engine.close();
