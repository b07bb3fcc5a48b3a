// The items network over many crops, in the station's runtime (a few times faster than torch on a small processor): the mean of each as it lies and turned by 180°.
// node features.mjs ITEMS_ONNX SIDE_PX IN.f32 OUT_FOLDER: IN holds N×3×SIDE×SIDE normalised floats → OUT_FOLDER/features.f32 N×3840, embedding.f32 N×256 (means, of any length)
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

process.env.ORT_DISABLE_TELEMETRY = '1';
const { InferenceSession, Tensor } = await import('onnxruntime-node');
const [network, sidePx, input, out] = process.argv.slice(2);
const side = Number(sidePx);
const plane = side * side;
const floats = 3 * plane;
const BATCH = 8;
const session = await InferenceSession.create(network, { intraOpNumThreads: Number(process.env.OMP_NUM_THREADS ?? 2) });
const from = openSync(input, 'r');
const count = fstatSync(from).size / 4 / floats;
const to = Object.fromEntries(['features', 'embedding'].map((name) => [name, openSync(join(out, `${name}.f32`), 'w')]));
for (let at = 0; at < count; at += BATCH) {
  const n = Math.min(BATCH, count - at);
  const data = new Float32Array(2 * n * floats);
  readSync(from, data, 0, n * floats * 4, at * floats * 4);
  for (let start = 0; start < n * floats; start += plane)
    data.set(data.subarray(start, start + plane).toReversed(), n * floats + start);
  const outputs = await session.run({ crops: new Tensor('float32', data, [2 * n, 3, side, side]) });
  for (const [name, file] of Object.entries(to)) {
    const both = outputs[name].data;
    const half = both.length / 2;
    writeSync(file, Float32Array.from({ length: half }, (_, k) => (both[k] + both[half + k]) / 2));
  }
  if ((at / BATCH) % 25 === 0) console.log(`${String(at + n)}/${String(count)} crops`);
}
for (const file of [from, ...Object.values(to)]) closeSync(file);
