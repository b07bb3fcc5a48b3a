import { target, targetDots } from './target-geometry.js';

export const papers = { a4: [210, 297], letter: [215.9, 279.4] } as const;
export type Paper = keyof typeof papers;

const pointsPerMm = 72 / 25.4;
/** Length of a Bézier's handles that makes a quarter of a circle, radius 1. */
const handle = 0.5522847498;

const number = (value: number): string => String(Math.round(value * 10_000) / 10_000);
const point = (...mm: readonly number[]): string => mm.map((value) => number(value * pointsPerMm)).join(' ');

function circle(x: number, y: number, radius: number, paint: 'f' | 'S'): string {
  const h = radius * handle;
  return [
    `${point(x + radius, y)} m`,
    `${point(x + radius, y + h, x + h, y + radius, x, y + radius)} c`,
    `${point(x - h, y + radius, x - radius, y + h, x - radius, y)} c`,
    `${point(x - radius, y - h, x - h, y - radius, x, y - radius)} c`,
    `${point(x + h, y - radius, x + radius, y - h, x + radius, y)} c ${paint}`,
  ].join('\n');
}

const text = (x: number, y: number, size: number, words: string): string =>
  `BT /F1 ${number(size)} Tf ${point(x, y)} Td (${words.replace(/[\\()]/g, '\\$&')}) Tj ET`;

/** A ruler with a mark a millimetre, its left end at (x, y). */
function ruler(x: number, y: number): string {
  const { rulerMm } = target;
  const marks = Array.from({ length: rulerMm + 1 }, (_, mm) => {
    const long = mm % 10 === 0 ? 5 : mm % 5 === 0 ? 3.5 : 2;
    return `${point(x + mm, y)} m ${point(x + mm, y + long)} l S`;
  });
  return [`${point(x, y)} m ${point(x + rulerMm, y)} l S`, ...marks].join('\n');
}

/** What is drawn; lengths from the lower left corner of the paper. */
function drawing(paper: Paper): string {
  const [width, height] = papers[paper];
  const { cutsMm, pitchMm, rulerMm } = target;
  const [cx, cy] = [width / 2, height - 100];
  const left = (width - rulerMm) / 2;
  return [
    '0 g 0 G',
    ...targetDots().map(([x, y]) => circle(cx + x, cy + y, target.dotMm / 2, 'f')),
    `0.8 G ${point(0.15)} w`,
    ...cutsMm.map((mm) => circle(cx, cy, mm / 2, 'S')),
    `0 G ${point(0.15)} w`,
    ruler(left, cy - 100),
    text(
      left,
      cy - 106,
      9,
      `This ruler must be ${rulerMm} mm long. If it is not, print again at 100 % ("actual size"),`,
    ),
    text(left, cy - 110, 9, 'or measure it and give its length: cupcheck calibrate scale --target --ruler MM'),
    text(
      left,
      cy - 116,
      9,
      `cupcheck target: dots every ${pitchMm} mm. Cut along a circle so that it lies flat on the bottom of the cup.`,
    ),
  ].join('\n');
}

/** The target as a PDF of one page. The same paper gives the same bytes: no date, no name. */
export function targetPdf(paper: Paper): Buffer {
  const [width, height] = papers[paper];
  const stream = drawing(paper);
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /PrintScaling /None >> >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${point(width, height)}] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>`,
    `<< /Length ${Buffer.byteLength(stream)} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let file = '%PDF-1.6\n';
  const offsets = objects.map((object, index) => {
    const offset = Buffer.byteLength(file);
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const start = Buffer.byteLength(file);
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(file, 'latin1');
}
