// The same networks driven as a user would write it: sharp decodes, resizes and crops, onnxruntime-node runs, and plain
// JavaScript does the rest. It knows nothing of this repository's code, only of the bundle's files.
//
// It decodes a picture once, cuts each item out of the decoded pixels, runs all items as one batch, and keeps the
// gallery in one array: what a careful user does before a profiler tells more. It leaves out what the product does
// besides: rims, focus, light, unexplained things, a second frame.
//
//   node bench/peers/plain-script.mjs BUNDLE PX_PER_MM DESIGN COUNT PICTURE...
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as ort from 'onnxruntime-node';
import sharp from 'sharp';

/** The detector's size output is in units of 64 input pixels. */
const sizeUnit = 64;
const sameItemOverlap = 0.45;
/** A box of the detector is no rim: sizes are taken with so much slack. */
const sizeSlack = 0.08;
const crossingShare = 0.94;
/** Variance of the Laplacian of the detector's picture under which a cup is out of focus: of the demo's cups. */
const minSharpness = 60;

/** Interleaved bytes to one picture of planes, as the networks take it. */
function toPlanes(pixels, out, offset, { mean, std }) {
  const plane = pixels.length / 3;
  for (let i = 0; i < plane; i++)
    for (let c = 0; c < 3; c++) out[offset + c * plane + i] = (pixels[i * 3 + c] - mean) / std;
}

function overlap(a, b) {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (a.width * a.height + b.width * b.height - width * height);
}

/** Whether two items lie on each other: their circles cross by more than a box is wrong. */
function crosses(a, b) {
  const distance = Math.hypot(a.x + a.width / 2 - b.x - b.width / 2, a.y + a.height / 2 - b.y - b.height / 2);
  return distance < crossingShare * ((a.width + a.height + b.width + b.height) / 4);
}

/** Variance of the Laplacian of an interleaved RGB picture's grey: the usual measure of focus. */
function sharpness(pixels, width, height) {
  const grey = new Float32Array(width * height);
  for (let i = 0; i < grey.length; i++)
    grey[i] = 0.299 * pixels[i * 3] + 0.587 * pixels[i * 3 + 1] + 0.114 * pixels[i * 3 + 2];
  let sum = 0;
  let squares = 0;
  for (let y = 1; y < height - 1; y++)
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const value = 4 * grey[at] - grey[at - 1] - grey[at + 1] - grey[at - width] - grey[at + width];
      sum += value;
      squares += value * value;
    }
  const count = (width - 2) * (height - 2);
  return squares / count - (sum / count) ** 2;
}

export class PlainScript {
  #manifest;
  #detector;
  #items;
  #gallery;
  #pxPerMm;

  static async load(folder, pxPerMm, threads) {
    const script = new PlainScript();
    script.#pxPerMm = pxPerMm;
    script.#manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    const { networks, gallery } = script.#manifest;
    const options = { executionProviders: ['cpu'], intraOpNumThreads: threads };
    script.#detector = await ort.InferenceSession.create(join(folder, networks.detector.file), options);
    script.#items = await ort.InferenceSession.create(join(folder, networks.items.file), options);
    const bytes = readFileSync(join(folder, gallery.file));
    script.#gallery = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    return script;
  }

  /** @returns verdict, what was seen, and the milliseconds: in all, and of the networks' own runs */
  async judge(jpeg, { design, count }) {
    const start = performance.now();
    this.networksMs = 0;
    const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
    const picture = { data, width: info.width, height: info.height };
    const { boxes, sharp: focused } = await this.#detect(picture);
    const embeddings = boxes.length === 0 ? [] : await this.#embed(picture, boxes);
    const items = embeddings.map((embedding, index) => this.#confirm(embedding, boxes[index], design));
    const stacked = boxes.some((box, index) => boxes.slice(index + 1).some((other) => crosses(box, other)));
    const green = focused && items.length === count && !stacked && items.every(({ confirmed }) => confirmed);
    return {
      verdict: green ? 'green' : 'amber',
      items,
      totalMs: performance.now() - start,
      networksMs: this.networksMs,
    };
  }

  async #run(session, name, data, shape) {
    const start = performance.now();
    const outputs = await session.run({ [name]: new ort.Tensor('float32', data, shape) });
    this.networksMs += performance.now() - start;
    return outputs;
  }

  async #detect({ data, width, height }) {
    const { input, stride, peakThreshold } = this.#manifest.networks.detector;
    const [, , rows, columns] = input.shape;
    const scale = Math.min(columns / width, rows / height);
    const small = await sharp(data, { raw: { width, height, channels: 3 } })
      .resize(columns, rows, { fit: 'contain', position: 'left top', background: { r: 128, g: 128, b: 128 } })
      .raw()
      .toBuffer();
    const planes = new Float32Array(3 * rows * columns);
    toPlanes(small, planes, 0, input);
    const outputs = await this.#run(this.#detector, input.name, planes, [1, 3, rows, columns]);
    const [heat, size, offset] = [outputs.heat.data, outputs.size.data, outputs.offset.data];
    const [wide, high] = [columns / stride, rows / stride];
    const found = [];
    for (let row = 0; row < high; row++)
      for (let column = 0; column < wide; column++) {
        const at = row * wide + column;
        if (heat[at] < peakThreshold) continue;
        let peak = true;
        for (let dy = -1; dy <= 1; dy++)
          for (let dx = -1; dx <= 1; dx++) {
            const [x, y] = [column + dx, row + dy];
            if (x >= 0 && y >= 0 && x < wide && y < high && heat[y * wide + x] > heat[at]) peak = false;
          }
        if (!peak) continue;
        const boxWidth = (size[at] * sizeUnit) / scale;
        const boxHeight = (size[at + wide * high] * sizeUnit) / scale;
        const cx = ((column + 0.5 + offset[at]) * stride) / scale;
        const cy = ((row + 0.5 + offset[at + wide * high]) * stride) / scale;
        found.push({
          x: cx - boxWidth / 2,
          y: cy - boxHeight / 2,
          width: boxWidth,
          height: boxHeight,
          score: heat[at],
        });
      }
    found.sort((a, b) => b.score - a.score);
    const kept = [];
    for (const box of found) if (kept.every((other) => overlap(other, box) < sameItemOverlap)) kept.push(box);
    return { boxes: kept, sharp: sharpness(small, columns, rows) >= minSharpness };
  }

  async #embed({ data, width, height }, boxes) {
    const { input, cropScale, fill } = this.#manifest.networks.items;
    const side = input.shape[2];
    const floats = 3 * side * side;
    const batch = new Float32Array(boxes.length * floats);
    const masked = (fill - input.mean) / input.std;
    const radius = side / (2 * cropScale);
    for (const [index, box] of boxes.entries()) {
      const length = cropScale * Math.max(box.width, box.height);
      const left = Math.max(0, Math.round(box.x + box.width / 2 - length / 2));
      const top = Math.max(0, Math.round(box.y + box.height / 2 - length / 2));
      const crop = await sharp(data, { raw: { width, height, channels: 3 } })
        .extract({
          left,
          top,
          width: Math.min(Math.round(length), width - left),
          height: Math.min(Math.round(length), height - top),
        })
        .resize(side, side, { fit: 'fill' })
        .raw()
        .toBuffer();
      toPlanes(crop, batch, index * floats, input);
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++)
          if (Math.hypot(x - (side - 1) / 2, y - (side - 1) / 2) > radius)
            for (let c = 0; c < 3; c++) batch[index * floats + c * side * side + y * side + x] = masked;
    }
    const outputs = await this.#run(this.#items, input.name, batch, [boxes.length, 3, side, side]);
    const dim = outputs.embedding.dims[1];
    return boxes.map((_, index) => outputs.embedding.data.subarray(index * dim, (index + 1) * dim));
  }

  /** Whether an item is of the design: nearer to it than to any other of its size, by the bundle's threshold. */
  #confirm(embedding, box, wanted) {
    const { classes, designs, gallery, judge, thresholds } = this.#manifest;
    const nearest = classes.map(() => []);
    for (const [row, vector] of gallery.vectors.entries()) {
      let cosine = 0;
      for (let k = 0; k < gallery.dim; k++) cosine += embedding[k] * this.#gallery[row * gallery.dim + k];
      nearest[vector.class].push(cosine);
    }
    const similarity = nearest.map((cosines) => {
      const best = cosines.sort((a, b) => b - a).slice(0, judge.neighbours);
      return best.length === 0 ? -1 : best.reduce((sum, cosine) => sum + cosine, 0) / best.length;
    });
    const diameter = (box.width + box.height) / 2 / this.#pxPerMm;
    const fits = (id) => {
      const { diameterMm } = designs.find((design) => design.id === id);
      return Math.abs(diameter / diameterMm - 1) <= sizeSlack;
    };
    let own = -1;
    let rival = judge.unknownSimilarity;
    let shared = false;
    for (const [index, one] of classes.entries()) {
      if (one.designs.includes(wanted)) {
        if (similarity[index] > own) {
          own = similarity[index];
          shared = one.designs.length > 1;
        }
      } else if (one.designs.some(fits)) rival = Math.max(rival, similarity[index]);
    }
    const threshold = thresholds[designs.find((design) => design.id === wanted)?.threshold]?.score ?? Infinity;
    const score = own - rival;
    return { score, diameter, confirmed: score >= threshold && !shared && fits(wanted) };
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [bundle, pxPerMm, design, count, ...pictures] = process.argv.slice(2);
  const script = await PlainScript.load(bundle, Number(pxPerMm), 2);
  for (const picture of pictures) {
    const { verdict, items, totalMs, networksMs } = await script.judge(readFileSync(picture), {
      design,
      count: Number(count),
    });
    console.log(
      `${picture}: ${verdict}, ${items.length} items, ${totalMs.toFixed(0)} ms, networks ${networksMs.toFixed(0)} ms`,
    );
  }
}
