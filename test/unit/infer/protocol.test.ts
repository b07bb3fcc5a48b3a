import { describe, expect, it } from 'vitest';
import { CupcheckError } from '../../../src/errors.js';
import { errorToSend, frameToSend, readQuestion, readToParent } from '../../../src/daemon/infer/protocol.js';
import { readStart } from '../../../src/daemon/infer/settings.js';
import { requestFor } from './requests.js';

const { first, second, order } = requestFor('c1');
const judge = { type: 'judge', id: 1, cup: 'c1', first, second, order };

describe('a question to the judging process', () => {
  it('passes structured clone with its nanoseconds whole', () => {
    expect(readQuestion(structuredClone(judge))).toEqual(judge);
    expect(readQuestion(structuredClone({ type: 'ping', id: 2 }))).toEqual({ type: 'ping', id: 2 });
  });

  it('leaves out what a held frame cannot send', () => {
    const held = { ...first, release: () => undefined };
    expect(structuredClone(frameToSend(held))).toEqual(first);
  });

  it.each([
    [
      'a stamp that is not fresh',
      { first: { ...first, stamp: { ...first.stamp, notBeforeNs: first.stamp.exposedNs } } },
      'first.stamp.exposedNs',
    ],
    [
      'a second stamp without proof',
      { second: { ...second, stamp: { seq: 1, exposedNs: 5n } } },
      'second.stamp.notBeforeNs',
    ],
    ['a stamp in milliseconds', { first: { ...first, stamp: { ...first.stamp, exposedNs: 12.5 } } }, 'exposedNs'],
    ['a slot below 0', { first: { ...first, slot: -1 } }, 'first.slot'],
    ['an unknown encoding', { first: { ...first, encoding: 'png' } }, 'first.encoding'],
    ['an order of no cups', { order: { ...order, cupNo: 0 } }, 'order.cupNo'],
    ['an empty cup name', { cup: '' }, 'cup'],
    ['an unknown type', { type: 'shout' }, 'type'],
  ])('is refused with %s, and the field is named', (_, change, path) => {
    expect(() => readQuestion({ ...judge, ...change })).toThrow(path);
  });
});

describe('a message from the judging process', () => {
  it('is refused where it is not a record, of no known type, or with an error of no known code', () => {
    expect(() => readToParent('what')).toThrow('must be a record, got "what"');
    expect(() => readToParent({ type: 'judge', id: 1 })).toThrow('message.type');
    expect(() => readToParent({ type: 'error', id: 1, code: 'OOPS', message: 'x' })).toThrow('message.code');
    expect(() => readToParent({ type: 'pong', id: 0 })).toThrow('message.id');
  });

  it('carries any error within what the border lets pass', () => {
    const sent = { type: 'failed', ...errorToSend(new CupcheckError('BUNDLE_INVALID', 'x'.repeat(10_000))) };
    expect(readToParent(sent)).toMatchObject({ type: 'failed', code: 'BUNDLE_INVALID' });
    expect(readToParent({ type: 'failed', ...errorToSend(new CupcheckError('INTERNAL', '')) })).toMatchObject({
      message: 'INTERNAL',
    });
  });
});

describe('the settings', () => {
  it('are refused where they are not what the wiring promised', () => {
    expect(() => readStart({ type: 'judge' })).toThrow('message.type');
    expect(() => readStart({ type: 'start', settings: { bundlePath: '' } })).toThrow('settings');
  });
});
