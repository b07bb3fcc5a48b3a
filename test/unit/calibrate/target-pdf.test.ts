import { describe, expect, it } from 'vitest';
import { targetDots } from '../../../src/cli/calibrate/target-geometry.js';
import { targetPdf } from '../../../src/cli/calibrate/target-pdf.js';

describe.each(['a4', 'letter'] as const)('the target on %s', (paper) => {
  const file = targetPdf(paper).toString('latin1');

  it('is the same every time', () => {
    expect(targetPdf(paper).toString('latin1')).toBe(file);
  });

  it('is a whole PDF: each object lies where its table says', () => {
    expect(file.startsWith('%PDF-1.')).toBe(true);
    const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(file)?.[1]);
    expect(file.slice(start, start + 5)).toBe('xref\n');
    const offsets = [...file.slice(start).matchAll(/^(\d{10}) 00000 n $/gm)].map(([, offset]) => Number(offset));
    expect(offsets).toHaveLength(5);
    for (const [index, offset] of offsets.entries())
      expect(file.slice(offset)).toMatch(new RegExp(`^${index + 1} 0 obj\n`));
    const [, length] = /\/Length (\d+)/.exec(file) ?? [];
    const from = file.indexOf('stream\n') + 'stream\n'.length;
    expect(file.slice(from + Number(length), from + Number(length) + 10)).toBe('\nendstream');
  });

  it('has its dots every 6 mm, 3 mm wide, whole on the paper', () => {
    const [, width, height] = /MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/.exec(file) ?? [];
    const mm = 25.4 / 72;
    // A filled circle begins at its right end.
    const starts = [...file.matchAll(/^([\d.]+) ([\d.]+) m\n(?:[^\n]* c\n){3}[^\n]* c f$/gm)].map(
      ([, x, y]) => [Number(x) * mm - 1.5, Number(y) * mm] as const,
    );
    expect(starts).toHaveLength(targetDots().length);
    const [x0, y0] = starts[0] ?? [0, 0];
    for (const [x, y] of starts) {
      expect(Math.abs((x - x0) / 6 - Math.round((x - x0) / 6))).toBeLessThan(0.001);
      expect(Math.abs((y - y0) / 6 - Math.round((y - y0) / 6))).toBeLessThan(0.001);
      expect(x).toBeGreaterThan(10);
      expect(x).toBeLessThan(Number(width) * mm - 10);
      expect(y).toBeGreaterThan(10);
      expect(y).toBeLessThan(Number(height) * mm - 10);
    }
  });
});
