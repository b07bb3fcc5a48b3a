import { describe, expect, it } from 'vitest';
import { CupcheckError } from '../../../src/errors.js';
import { errorToSend, frameToSend, readQuestion, readToParent } from '../../../src/daemon/infer/protocol.js';
import { readReplayed } from '../../../src/daemon/infer/replay.js';
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

describe('a picture that is to be judged again', () => {
  const file = { path: '/golden/a.jpg', sha256: 'a'.repeat(64), bytes: 1000 };
  const asked = { mode: 'confirm', design: 'tower', count: 2 } as const;
  const request = { cup: 'c1', picture: file, empty: null, pxPerMm: 8, codeZone: [1, 2, 3, 4], asked };
  const replay = { type: 'replay', id: 3, ...request };
  const items = [{ box: [1, 2, 3, 4], design: 'tower', score: 0.4 }];
  const green = { verdict: 'green', reasons: [], design: 'tower', score: 0.4, items };

  it('passes whole, and so does its answer', () => {
    expect(readQuestion(structuredClone(replay))).toEqual(replay);
    expect(readReplayed(structuredClone(green), { asked })).toEqual(green);
    const answer = { type: 'replayed', id: 3, cup: 'c1', replayed: green };
    expect(readToParent(structuredClone(answer))).toEqual(answer);
  });

  it.each([
    ['no file', { picture: null }, 'picture'],
    ['a scale of 0', { pxPerMm: 0 }, 'pxPerMm'],
    ['a zone of three numbers', { codeZone: [1, 2, 3] }, 'codeZone'],
    ['an unknown mode', { asked: { ...asked, mode: 'guess' } }, 'asked.mode'],
  ])('is refused with %s', (_, change, path) => {
    expect(() => readQuestion({ ...replay, ...change })).toThrow(path);
  });

  it.each([
    ['an amber without a reason', { verdict: 'amber' }, 'reasons'],
    ['a green of another design', { design: 'bridge' }, 'design'],
    ['a score that is no number', { score: Number.NaN }, 'score'],
    ['an item without a box', { items: [{ design: null, score: null }] }, 'items[0].box'],
  ])('is not believed with %s', (_, change, path) => {
    expect(() => readReplayed({ ...green, ...change }, { asked })).toThrow(path);
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
