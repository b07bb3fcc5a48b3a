import { describe, expect, it } from 'vitest';
import { checkRequest } from '../../../src/daemon/mqtt/check-request.js';

const ask = (verb: string, payload: unknown, retained = false) =>
  checkRequest({
    verb,
    retained,
    payload: Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)),
  });

function refusal(
  verb: string,
  payload: unknown,
  retained = false,
): { code: string; message: string; tag: string | null } {
  const checked = ask(verb, payload, retained);
  if (!('error' in checked)) throw new Error('it was taken');
  return { code: checked.error.code, message: checked.error.message, tag: checked.tag };
}

describe('takes', () => {
  it.each<[string, object]>([
    ['trigger', {}],
    ['status', {}],
    ['selftest', {}],
    ['order', { design: 'Morgan', count: 12 }],
    ['order', { design: 'Morgan', count: 1, cups: 3, expires: '2026-11-25T00:00:00Z', id: 'o-7' }],
    ['order', { clear: true }],
    ['resolve', { cup: '17', outcome: 'ok', by: 'ann' }],
    ['resolve', { cup: '17', outcome: 'wrong', by: 'ann', note: 'a token' }],
  ])('%s %j', (verb, params) => {
    expect(ask(verb, { tag: 't', ...params })).toEqual({ verb, tag: 't', params });
  });
});

describe('refuses', () => {
  it.each<[string, string, unknown, string, RegExp]>([
    ['what is not JSON', 'status', '{"tag":', 'REQUEST_INVALID', /not JSON/],
    ['a control character', 'status', '\u0000', 'REQUEST_INVALID', /not JSON/],
    ['an array', 'status', [], 'REQUEST_INVALID', /not an object/],
    ['null', 'status', 'null', 'REQUEST_INVALID', /not an object/],
    ['an unknown verb', 'explode', { tag: 't' }, 'REQUEST_UNKNOWN', /"explode".*trigger/],
    ['a request without a tag', 'trigger', {}, 'REQUEST_INVALID', /"tag" is missing/],
    ['a long tag', 'trigger', { tag: 'x'.repeat(65) }, 'REQUEST_INVALID', /"tag"/],
    ['a tag that is no text', 'trigger', { tag: 7 }, 'REQUEST_INVALID', /"tag".*given: 7/],
    ['an unknown field', 'trigger', { tag: 't', verdict: 'green' }, 'REQUEST_INVALID', /"verdict" is not known/],
    ['an order without a count', 'order', { tag: 't', design: 'Morgan' }, 'REQUEST_INVALID', /"count" is missing/],
    ['an order of 21', 'order', { tag: 't', design: 'M', count: 21 }, 'REQUEST_INVALID', /"count".*20.*21/],
    ['an order of half a coin', 'order', { tag: 't', design: 'M', count: 0.5 }, 'REQUEST_INVALID', /"count"/],
    [
      'a date that is none',
      'order',
      { tag: 't', design: 'M', count: 1, expires: 'soon' },
      'REQUEST_INVALID',
      /"expires"/,
    ],
    ['clearing with a design', 'order', { tag: 't', clear: true, design: 'M' }, 'REQUEST_INVALID', /request/],
    [
      'another outcome',
      'resolve',
      { tag: 't', cup: '1', outcome: 'green', by: 'a' },
      'REQUEST_INVALID',
      /"outcome".*ok/,
    ],
    [
      'control characters',
      'resolve',
      { tag: 't', cup: '1', outcome: 'ok', by: 'a\u001b[2J' },
      'REQUEST_INVALID',
      /"by"/,
    ],
  ])('%s', (_what, verb, payload, code, message) => {
    expect(refusal(verb, payload)).toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  it('a retained request, before it is read', () => {
    expect(refusal('trigger', { tag: 't' }, true)).toMatchObject({ code: 'REQUEST_RETAINED' });
  });

  it('what is larger than 16 KiB, and takes what is just as large', () => {
    const fill = (bytes: number): string => `{"tag":"t"${' '.repeat(bytes - 11)}}`;
    expect(refusal('status', fill(16 * 1024 + 1))).toMatchObject({ code: 'REQUEST_TOO_LARGE' });
    expect(ask('status', fill(16 * 1024))).toMatchObject({ tag: 't' });
  });

  it('with the tag, so that the requester knows which', () => {
    expect(refusal('order', { tag: 'mine' }).tag).toBe('mine');
    expect(refusal('order', 'x').tag).toBeNull();
  });
});
