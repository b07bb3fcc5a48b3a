import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Lane } from '../../../src/daemon/infer/lane.js';
import type { Answer, Question } from '../../../src/daemon/infer/protocol.js';
import { CupcheckError } from '../../../src/errors.js';

type Sent = Question & { readonly id: number };

const sent: Sent[] = [];
const overdue: CupcheckError[] = [];
let lane: Lane;

beforeEach(() => {
  sent.length = 0;
  overdue.length = 0;
  lane = new Lane({
    timeoutMs: 10_000,
    send: (question) => sent.push(question),
    onOverdue: (error) => overdue.push(error),
  });
});

const compare = (cup: string): Question => ({ type: 'compare', cup, frame: {} as never });
const ask = (cup: string, signal: AbortSignal | null = null): Promise<number> =>
  lane.ask(compare(cup), (answer: Answer) => answer.id, signal);
const answerTo = (id: number, cup: string): Answer => ({ type: 'compared', id, cup, same: true, difference: 0 });
const cups = (): unknown[] => sent.map((question) => 'cup' in question && question.cup);

describe('the lane to the judging process', () => {
  it('sends one question at a time, in the order asked', async () => {
    const [a, b] = [ask('a'), ask('b')];
    expect(cups()).toEqual(['a']);
    lane.answer(answerTo(1, 'a'));
    expect(cups()).toEqual(['a', 'b']);
    lane.answer(answerTo(2, 'b'));
    expect(await Promise.all([a, b])).toEqual([1, 2]);
    expect(lane.idle).toBe(true);
  });

  it('tells an aborted caller at once, drops its answer, and goes on', async () => {
    const caller = new AbortController();
    const [a, b] = [ask('a', caller.signal), ask('b')];
    caller.abort(new Error('the cup was removed'));
    await expect(a).rejects.toThrow('the cup was removed');
    expect(cups()).toEqual(['a']);
    lane.answer(answerTo(1, 'a'));
    lane.answer(answerTo(2, 'b'));
    expect(await b).toBe(2);
  });

  it('never sends a question that was aborted before or while it waited', async () => {
    const caller = new AbortController();
    const [a, b, c] = [ask('a'), ask('b', caller.signal), ask('c')];
    caller.abort(new Error('retrigger'));
    await expect(b).rejects.toThrow('retrigger');
    await expect(ask('d', caller.signal)).rejects.toThrow('retrigger');
    lane.answer(answerTo(1, 'a'));
    expect(cups()).toEqual(['a', 'c']);
    lane.answer(answerTo(3, 'c'));
    await Promise.all([a, c]);
  });

  it('refuses an answer to nothing, to another question, and for another cup', async () => {
    expect(() => lane.answer(answerTo(1, 'a'))).toThrow('message.id');
    const a = ask('a');
    expect(() => lane.answer(answerTo(2, 'a'))).toThrow('message.id');
    expect(() => lane.answer(answerTo(1, 'b'))).toThrow('message.cup');
    lane.answer(answerTo(1, 'a'));
    expect(await a).toBe(1);
  });

  it('tells the caller of an answer that does not fit when the life is broken off', async () => {
    const a = lane.ask(
      compare('a'),
      () => {
        throw new Error('unfit');
      },
      null,
    );
    expect(() => lane.answer(answerTo(1, 'a'))).toThrow('unfit');
    lane.breakOff(new CupcheckError('INFER_CRASHED', 'killed'), new CupcheckError('MODEL_NOT_READY', 'starts again'));
    await expect(a).rejects.toMatchObject({ code: 'INFER_CRASHED' });
  });

  it("rejects with the child's own error", async () => {
    const a = ask('a');
    lane.answer({ type: 'error', id: 1, code: 'FRAME_OVERWRITTEN', message: 'slot 3' });
    await expect(a).rejects.toMatchObject({ code: 'FRAME_OVERWRITTEN', message: 'slot 3' });
  });

  it('is bounded', async () => {
    const asked = Array.from({ length: 9 }, (_, n) => ask(`c${String(n)}`));
    await expect(ask('one too many')).rejects.toMatchObject({ code: 'INFER_FAILED' });
    lane.breakOff(new CupcheckError('INFER_CRASHED', 'died'), new CupcheckError('MODEL_NOT_READY', 'starts again'));
    const codes = (await Promise.allSettled(asked)).map(
      (end) => end.status === 'rejected' && (end.reason as CupcheckError).code,
    );
    expect(codes).toEqual(['INFER_CRASHED', ...Array.from({ length: 8 }, () => 'MODEL_NOT_READY')]);
  });

  it('says when an answer is overdue, counted from the sending, also for an abandoned question', () => {
    vi.useFakeTimers();
    try {
      const caller = new AbortController();
      ask('a', caller.signal).catch((error: unknown) => expect(error).toBeInstanceOf(Error));
      void ask('b');
      caller.abort(new Error('gone'));
      vi.advanceTimersByTime(9_999);
      expect(overdue).toEqual([]);
      lane.answer(answerTo(1, 'a'));
      vi.advanceTimersByTime(9_999);
      expect(overdue).toEqual([]);
      vi.advanceTimersByTime(1);
      expect(overdue.map(({ code, message }) => `${code}: ${message}`)).toEqual([
        'INFER_TIMEOUT: no answer to compare cup b within 10000 ms',
      ]);
    } finally {
      vi.useRealTimers();
    }
  });
});
