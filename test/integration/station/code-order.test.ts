import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../../src/daemon/result.js';
import { decodeJpeg, encodeJpeg } from '../../../src/native/jpeg.js';
import type { Picture } from '../../../src/pipeline/frame.js';
import { withCode } from '../../fixtures/drawn-code.js';
import { demoFolder, LiveStation } from '../../fixtures/live-station.js';

const soon = '2099-01-01T00:00:00Z';
const code = (id: string, more: Record<string, string> = {}) => {
  const fields = { id, design: 'oak-mark', count: '6', cups: '1', expires: soon, ...more };
  return `cupcheck:1;${Object.entries(fields)
    .map(([key, value]) => `${key}=${value}`)
    .join(';')}`;
};
const open = (name: string) => decodeJpeg(readFileSync(join(demoFolder, name)));
const place = { x: 1050, y: 12 };

describe('a station that reads orders off the cup', { timeout: 120_000 }, () => {
  let station: LiveStation;
  let pictures = 0;
  beforeAll(async () => {
    station = await LiveStation.start({
      judge: 'real',
      config: {
        order: { fromCode: 'required', codeZone: '1040,4,236,236' },
        station: { deadlineMs: 10_000, settleMs: 0, frameTimeoutMs: 5000, faultRetryMs: 500, watchMs: 100 },
      },
    });
    await station.whenReady();
  }, 120_000);
  afterAll(async () => {
    await station.stop();
  });

  async function cup(picture: Picture): Promise<Result> {
    const path = join(station.folder, `cup-${++pictures}.jpg`);
    writeFileSync(path, encodeJpeg(picture, 92));
    return station.cup(path);
  }
  const reasons = ({ reasons: given }: Result) => given.map(({ reason }) => reason);

  it.each(['QRCode', 'DataMatrix'] as const)(
    'greens a cup by its %s, and no second one by the same',
    async (format) => {
      const picture = await withCode(open('01-oak-mark.jpg'), { text: code(format), format, ...place });
      const first = await cup(picture);
      expect(first).toMatchObject({ verdict: 'green', order: { id: format, design: 'oak-mark', count: 6, cup_no: 1 } });
      const second = await cup(picture);
      expect(second).toMatchObject({ verdict: 'amber', order: { id: format, cup_no: 2 } });
      expect(second.reasons[0]).toMatchObject({
        reason: 'no_order',
        detail: expect.stringMatching(/one cup, which is done/) as string,
      });
    },
  );

  it('counts the cups of a code that stands for several', async () => {
    const picture = await withCode(open('01-oak-mark.jpg'), { text: code('several', { cups: '2' }), ...place });
    const verdicts = [await cup(picture), await cup(picture), await cup(picture)].map(({ verdict }) => verdict);
    expect(verdicts).toEqual(['green', 'green', 'amber']);
  });

  it.each([
    ['an order for something else', code('e', { design: 'bee-half' }), 'wrong_design'],
    ['a design that nobody knows', code('u', { design: 'nobody-knows' }), 'not_covered'],
    ['another count', code('c', { count: '5' }), 'count_mismatch'],
    ['a past end', code('p', { expires: '2020-01-01T00:00:00Z' }), 'order_expired'],
    ['no order at all', 'https://example.org/leaflet', 'no_order'],
    ['a count that is none', code('n', { count: 'many' }), 'no_order'],
  ])('is amber where the code says %s', async (_, text, reason) => {
    const result = await cup(await withCode(open('01-oak-mark.jpg'), { text, ...place }));
    expect(result.verdict).toBe('amber');
    expect(reasons(result)).toContain(reason);
  });

  it('is amber without a code, with two, with a damaged one, and with one beside its zone', async () => {
    const bare = open('01-oak-mark.jpg');
    const small = { modulePx: 2 };
    const two = await withCode(await withCode(bare, { text: code('a'), ...place, ...small }), {
      text: code('b'),
      x: 1150,
      y: 110,
      ...small,
    });
    const damaged = await withCode(bare, { text: code('d'), ...place, dirty: 0.55 });
    const beside = await withCode(bare, { text: code('f'), x: 20, y: 700 });
    for (const picture of [bare, two, damaged, beside]) expect(reasons(await cup(picture))).toContain('no_order');
    // A label in the cup is a thing that is no item, whatever it says.
    expect(reasons(await cup(beside)).length).toBeGreaterThan(1);
  });

  it('is amber where the code contradicts the order in force', async () => {
    await station.order(10, 'oak-mark', 5);
    const result = await cup(await withCode(open('01-oak-mark.jpg'), { text: code('contra'), ...place }));
    expect(result.reasons[0]).toMatchObject({
      reason: 'no_order',
      detail: expect.stringMatching(/the order in force 5/) as string,
    });
    await station.ask('order.clear');
  });
});
