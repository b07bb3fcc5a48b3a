import { describe, expect, it } from 'vitest';
import {
  format,
  type LightReply,
  type LightRequest,
  parseReply,
  parseRequest,
} from '../../../src/daemon/light/protocol.js';

const requests: readonly LightRequest[] = [
  { type: 'hold', seq: 1, state: 'green', cup: 'c', untilNs: 2n ** 62n },
  { type: 'hold', seq: 2, state: 'dark', cup: null, untilNs: 5n },
  { type: 'renew', seq: 3, hold: 1, untilNs: 7n },
  { type: 'recent', seq: 4 },
];
const replies: readonly LightReply[] = [
  { type: 'hello', maxLeaseMs: 600 },
  { type: 'shown', seq: 1, atNs: 2n ** 62n },
  { type: 'renewed', seq: 2 },
  { type: 'recent', seq: 3, cups: [{ cup: 'c', state: 'amber', atNs: 9n }] },
  { type: 'refused', seq: 4, reason: 'expired', message: 'why' },
];

describe('light protocol', () => {
  it.each(requests)('reads back the request $type', (request) => {
    expect(parseRequest(format(request))).toEqual(request);
  });
  it.each(replies)('reads back the reply $type', (reply) => {
    expect(parseReply(format(reply))).toEqual(reply);
  });

  const good = { type: 'hold', seq: 1, state: 'green', cup: 'c', untilNs: '5' };
  it.each([
    ['not JSON', '{'],
    ['no object', '[]'],
    ['nothing', 'null'],
    ['an unknown type', JSON.stringify({ ...good, type: 'on' })],
    ['an unknown state', JSON.stringify({ ...good, state: 'blue' })],
    ['a green without its cup', JSON.stringify({ ...good, cup: null })],
    ['a cup of no characters', JSON.stringify({ ...good, cup: '' })],
    ['a cup of 65 characters', JSON.stringify({ ...good, cup: 'c'.repeat(65) })],
    ['a moment that is a number', JSON.stringify({ ...good, untilNs: 5 })],
    ['a moment that is NaN', JSON.stringify({ ...good, untilNs: 'NaN' })],
    ['a negative moment', JSON.stringify({ ...good, untilNs: '-5' })],
    ['a moment of 20 digits', JSON.stringify({ ...good, untilNs: '1'.repeat(20) })],
    ['a number that is none', JSON.stringify({ ...good, seq: 1.5 })],
    ['no number', JSON.stringify({ ...good, seq: undefined })],
  ])('refuses %s', (_, line) => {
    expect(() => parseRequest(line)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });

  it.each([
    ['an unknown reply', '{"type":"well","seq":1}'],
    ['cups that are no list', '{"type":"recent","seq":1,"cups":{}}'],
    ['a cup without its moment', '{"type":"recent","seq":1,"cups":[{"cup":"c","state":"green"}]}'],
  ])('refuses %s', (_, line) => {
    expect(() => parseReply(line)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});
