import { describe, expect, it } from 'vitest';
import { type FromCode, orderOfCup, parseOrderCode } from '../../src/daemon/order-code.js';
import type { OrderForCup } from '../../src/daemon/orders.js';

const good = 'cupcheck:1;id=A-1017;design=oak-mark;count=6;cups=40;expires=2026-11-24T18:00:00Z';
const before = new Date('2026-11-24T12:00:00Z');
const after = new Date('2026-11-25T12:00:00Z');
const inForce: OrderForCup = { id: 'o1', design: 'oak-mark', count: 6, cupNo: 1, expired: false };

describe('the text of an order code', () => {
  it('is an order', () => {
    expect(parseOrderCode(good)).toEqual({
      id: 'A-1017',
      design: 'oak-mark',
      count: 6,
      cups: 40,
      expires: '2026-11-24T18:00:00Z',
    });
    expect(parseOrderCode(good.replace('cups=40;', '')).cups).toBe(1);
  });

  it.each([
    ['of another version', good.replace(':1;', ':2;'), 'cupcheck:1'],
    ['without an id', good.replace('id=A-1017;', ''), 'id is missing'],
    ['without an end', good.replace(/;expires=.*/, ''), 'expires is missing'],
    ['that ends at no moment', good.replace('2026-11-24T18:00:00Z', 'tomorrow'), 'expires'],
    ['with too many items', good.replace('count=6', 'count=21'), 'count'],
    ['with none', good.replace('count=6', 'count=0'), 'count'],
    ['with a count that is no number', good.replace('count=6', 'count=6.5'), 'count'],
    ['with a field twice', `${good};count=7`, 'count is given twice'],
    ['with a field that nobody knows', `${good};colour=red`, 'colour=red'],
    ['with a control character', good.replace('A-1017', 'A\u001b[2J'), 'id'],
    ['that has no end', good.replace('A-1017', 'A'.repeat(400)), '400'],
    ['with an empty design', good.replace('oak-mark', ''), 'design'],
  ])('%s is refused', (_, text, names) => {
    expect(() => parseOrderCode(text)).toThrow(names);
  });
});

describe('the order of a cup', () => {
  const read = (
    texts: string[],
    damaged = 0,
    latched: OrderForCup | null = null,
    fromCode: FromCode = 'required',
    now = before,
  ) => orderOfCup({ texts, damaged }, latched, fromCode, now);

  it('is that of its code', () => {
    expect(read([good])).toMatchObject({ order: { design: 'oak-mark', count: 6, expired: false }, doubt: null });
    expect(read([good]).code?.id).toBe('A-1017');
  });

  it('is the one of a code that is printed twice', () => {
    expect(read([good, good]).doubt).toBeNull();
  });

  it('has expired where its code says so', () => {
    expect(read([good], 0, null, 'required', after).order?.expired).toBe(true);
  });

  it.each([
    ['two codes differ', [good, good.replace('A-1017', 'A-1018')], 0, null, /2 different order codes/],
    ['a code is damaged', [], 1, null, /cannot be read/],
    ['a code is damaged beside a good one', [good], 1, null, /cannot be read/],
    ['no code is seen', [], 0, inForce, /no code is seen/],
    ['the code is no order', ['https://example.org'], 0, null, /is no order/],
    ['the code is wrong', ['cupcheck:1;id=x'], 0, null, /missing/],
    ['the code contradicts the order in force', [good], 0, { ...inForce, count: 5 }, /the order in force 5/],
  ])('is none where %s', (_, texts, damaged, latched, says) => {
    const { order, doubt, code } = read(texts, damaged, latched);
    expect(order).toBeNull();
    expect(code).toBeNull();
    expect(doubt).toMatch(says);
  });

  it('is the one in force where codes are only allowed and none is seen', () => {
    expect(read([], 0, inForce, 'allowed')).toMatchObject({ order: inForce, doubt: null, code: null });
    expect(read(['https://example.org'], 0, inForce, 'allowed').order).toEqual(inForce);
    expect(read([], 1, inForce, 'allowed').order).toBeNull();
  });

  it('is the code’s where it says the same as the order in force', () => {
    expect(read([good], 0, inForce).code?.id).toBe('A-1017');
  });
});
