import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import type { CodeReader, CodeSeen } from '../../daemon/ports.js';
import { cropResize } from '../../native/crop-resize.js';
import type { Picture } from '../../native/picture.js';

/** Where codes are looked for: x, y, width, height in picture pixels. */
export type CodeZone = readonly [x: number, y: number, width: number, height: number];

/** More codes than this are too many whatever they say. */
const mostCodes = 4;

/** Reads QR codes and Data Matrix in a part of a picture, with ZXing compiled to WebAssembly. */
export class ZxingReader implements CodeReader {
  readonly #zone: CodeZone;

  private constructor(zone: CodeZone) {
    this.#zone = zone;
  }

  /** Loads the program from its package on disk: by itself it would fetch it from the network. */
  static async load(zone: CodeZone): Promise<ZxingReader> {
    const wasm = await readFile(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'));
    await prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(wasm).buffer }, fireImmediately: true });
    return new ZxingReader(zone);
  }

  async read(picture: Picture): Promise<CodeSeen> {
    const [x, y, width, height] = this.#zone;
    const luma = new Float32Array(width * height);
    cropResize(
      picture,
      Float32Array.of(x, y, width, height),
      { width, height, mean: 0, std: 1, fill: 255, channels: 1 },
      luma,
    );
    const data = new Uint8ClampedArray(4 * width * height);
    for (let at = 0; at < luma.length; at++) data.fill(luma[at] ?? 0, 4 * at, 4 * at + 4);
    const codes = await readBarcodes(
      { data, width, height, colorSpace: 'srgb' },
      { formats: ['QRCode', 'DataMatrix'], maxNumberOfSymbols: mostCodes, returnErrors: true, textMode: 'Plain' },
    );
    const readable = codes.filter(({ isValid }) => isValid);
    return { texts: readable.map(({ text }) => text), damaged: codes.length - readable.length };
  }
}
