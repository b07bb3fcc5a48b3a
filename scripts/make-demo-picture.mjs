// Writes docs/demo.png, the README's picture: the contact sheet of a run of the demo, scaled down. npm run docs:picture
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const widthPx = 1100;
const maxBytes = 400_000;
const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const picture = fileURLToPath(new URL('../docs/demo.png', import.meta.url));

const out = mkdtempSync(join(tmpdir(), 'cupcheck-picture-'));
try {
  // Without a terminal the demo ends by itself; it fails where a cup was not judged as expected.
  const { status } = spawnSync(process.execPath, [program, 'demo', '--out', out], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error(`the demo ended with ${status}: no picture is made of a demo that went wrong`);
  const { data, info } = await sharp(join(out, 'contact-sheet.png'))
    .resize({ width: widthPx })
    .png({ palette: true, colours: 256, quality: 60, effort: 8 })
    .toBuffer({ resolveWithObject: true });
  if (data.byteLength > maxBytes) throw new Error(`the picture has ${data.byteLength} bytes of at most ${maxBytes}`);
  writeFileSync(picture, data);
  console.log(`docs/demo.png: ${info.width} x ${info.height}, ${data.byteLength} bytes`);
} finally {
  rmSync(out, { recursive: true });
}
