import { describe, expect, it } from 'vitest';
import { BorderError } from '../../../src/daemon/infer/border.js';
import { checkJudgement } from '../../../src/daemon/infer/check-judgement.js';
import { plainGreen, requestFor, towerOrder } from './requests.js';

const request = requestFor('c1');
const item = plainGreen.items[0];
const amber = {
  ...plainGreen,
  verdict: 'amber',
  reasons: [{ reason: 'mixed_designs', detail: 'a lighthouse lies among towers', item: 0 }],
  threshold: null,
};

describe('a judgement from the judging process', () => {
  it('is taken where it is a green for the judged frame, and carries the proof of the request', () => {
    const judgement = checkJudgement(structuredClone(plainGreen), request, 'confirm');
    expect(judgement.verdict).toBe('green');
    expect(judgement.verdict === 'green' && judgement.frame).toBe(request.first.stamp);
  });

  it('is taken where it is an amber with a reason', () => {
    expect(checkJudgement(amber, request, 'confirm')).toBe(amber);
  });

  it.each([
    ['is of an older frame', { frame: { ...plainGreen.frame, exposedNs: 9_007_199_254_740_992n } }, 'frame.exposedNs'],
    ['is of another frame', { frame: { ...plainGreen.frame, seq: 8 } }, 'frame.seq'],
    ['names no frame', { frame: null }, 'frame'],
    ['is under its threshold', { score: 0.04 }, 'score'],
    ['has no threshold', { threshold: null }, 'threshold'],
    ['has no evidence', { threshold: { score: 0, covered: true } }, 'evidence'],
    ['has an item that is not compatible', { items: [{ ...item, compatible: false }] }, 'items'],
    ['has no items', { items: [], count: { ...plainGreen.count, seen: 0, expected: 0 } }, 'items'],
    ['counted another number than it shows', { count: { ...plainGreen.count, seen: 2 } }, 'count.seen'],
    ['misses the expected count', { count: { ...plainGreen.count, expected: 2 } }, 'count.expected'],
    ['leaves the order unexpected', { count: { ...plainGreen.count, expected: null } }, 'count.expected'],
    ['is of another design than the order', { design: 'lighthouse' }, 'design'],
  ])('is refused where a green %s', (_, change, path) => {
    const check = (): unknown => checkJudgement({ ...plainGreen, ...change }, request, 'confirm');
    expect(check).toThrow(BorderError);
    expect(check).toThrow(path);
  });

  it('is refused where a green has an expired order, or none in confirm mode', () => {
    const expired = requestFor('c1', { ...towerOrder, expired: true });
    expect(() => checkJudgement(plainGreen, expired, 'confirm')).toThrow('expired');
    expect(() => checkJudgement(plainGreen, requestFor('c1', null), 'confirm')).toThrow('without an order');
    expect(checkJudgement(plainGreen, requestFor('c1', null), 'identify').verdict).toBe('green');
  });

  it.each([
    ['not a record', 'green', 'judgement'],
    ['without a reason', { ...amber, reasons: [] }, 'reasons'],
    ['with an unknown reason', { ...amber, reasons: [{ reason: 'mood', detail: '' }] }, 'reasons[0].reason'],
    ['with an unknown warning', { ...amber, warnings: ['mood'] }, 'warnings[0]'],
    ['of an unknown verdict', { ...amber, verdict: 'yes' }, 'verdict'],
    ['with a box of three', { ...amber, items: [{ ...item, box: [1, 2, 3] }] }, 'items[0].box'],
    ['with NaN', { ...amber, items: [{ ...item, diameterMm: Number.NaN }] }, 'items[0].diameterMm'],
    ['without times', { ...amber, ms: {} }, 'ms.decode'],
    ['with too many items', { ...amber, items: Array.from({ length: 10_001 }, () => item) }, 'items'],
  ])('is refused %s, and the field is named', (_, value, path) => {
    expect(() => checkJudgement(value, request, 'confirm')).toThrow(path);
  });
});
