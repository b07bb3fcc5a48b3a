import pino from 'pino';
import { expect, it } from 'vitest';
import type { RequestHandler, ResponseDocument } from '../../../src/daemon/mqtt/documents.js';
import { RequestDesk } from '../../../src/daemon/mqtt/request-desk.js';
import { CupcheckError } from '../../../src/errors.js';
import { schemaProblems } from '../../fixtures/schemas.js';

const log = pino({ level: 'silent' });

/** A desk, and a way to ask it that waits for the answer. */
function desk(handle: RequestHandler) {
  const requests = new RequestDesk(handle, log);
  const ask = (verb: string, payload: object | string, retained = false): Promise<ResponseDocument> =>
    new Promise((resolve) => {
      const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
      requests.receive(verb, Buffer.from(text), retained, (on, response) => {
        expect(on).toBe(verb);
        expect(schemaProblems('response', response)).toEqual([]);
        resolve(response);
        return Promise.resolve();
      });
    });
  return { requests, ask };
}

it('hands a request to the station and answers with its tag', async () => {
  const { ask } = desk((verb, params, { via, tag }) => Promise.resolve({ verb, params, via, tag }));
  expect(await ask('order', { tag: 'a', design: 'Morgan', count: 2 })).toEqual({
    schema: 1,
    verb: 'order',
    tag: 'a',
    repeated: false,
    ok: true,
    result: { verb: 'order', params: { design: 'Morgan', count: 2 }, via: 'mqtt', tag: 'a' },
  });
});

it('does a tag once and gives its answer again, also while it is being done', async () => {
  let done = 0;
  let finish: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const { ask } = desk(async () => {
    done += 1;
    await gate;
    return { done };
  });
  const [first, second] = [ask('trigger', { tag: 'a' }), ask('trigger', { tag: 'a' })];
  finish();
  expect(await first).toMatchObject({ repeated: false, result: { done: 1 } });
  expect(await second).toMatchObject({ repeated: true, result: { done: 1 } });
  expect(await ask('trigger', { tag: 'a' })).toMatchObject({ repeated: true, result: { done: 1 } });
  expect(await ask('status', { tag: 'a' })).toMatchObject({ repeated: false, result: { done: 2 } });
  expect(done).toBe(2);
});

it('refuses a tag that was used for something else', async () => {
  const { ask } = desk(() => Promise.resolve({}));
  await ask('order', { tag: 'a', design: 'Morgan', count: 2 });
  expect(await ask('order', { tag: 'a', design: 'Peace', count: 2 })).toMatchObject({
    ok: false,
    error: { code: 'REQUEST_INVALID' },
  });
});

it('forgets the oldest of more than 256 tags', async () => {
  const { ask } = desk(() => Promise.resolve({}));
  for (let i = 0; i <= 256; i++) await ask('trigger', { tag: String(i) });
  expect(await ask('trigger', { tag: '1' })).toMatchObject({ repeated: true });
  expect(await ask('trigger', { tag: '0' })).toMatchObject({ repeated: false });
});

it('answers with the code of what went wrong, and goes on', async () => {
  const { ask } = desk((_verb, _params, { tag }) =>
    tag === 'a' ? Promise.reject(new CupcheckError('ORDER_INVALID', 'no such design')) : Promise.resolve({}),
  );
  expect(await ask('order', { tag: 'a', design: 'X', count: 1 })).toMatchObject({
    ok: false,
    error: { code: 'ORDER_INVALID', message: 'no such design', help: expect.any(String) as string },
  });
  expect(await ask('order', { tag: 'b', design: 'X', count: 1 })).toMatchObject({ ok: true });
});

it('handles one at a time; refuses when sixteen wait; drops when nobody could answer any more', async () => {
  let running = 0;
  let most = 0;
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const { requests, ask } = desk(async () => {
    most = Math.max(most, ++running);
    await gate;
    running -= 1;
    return {};
  });
  const answers = Array.from({ length: 32 }, (_none, i) => ask('trigger', { tag: String(i) }));
  requests.receive('trigger', Buffer.from('{"tag":"one too many"}'), false, () =>
    Promise.reject(new Error('answered')),
  );
  expect(requests.dropped).toBe(1);
  open();
  const all = await Promise.all(answers);
  expect(all.filter((answer) => answer.ok)).toHaveLength(16);
  expect(all.filter((answer) => !answer.ok && answer.error.code === 'REQUEST_BUSY')).toHaveLength(16);
  expect(most).toBe(1);
  expect(await ask('trigger', { tag: '31' })).toMatchObject({ ok: true, repeated: false });
});

it('does nothing for a retained request, says so, and ignores that it is cleared', async () => {
  const { requests, ask } = desk(() => Promise.reject(new Error('handled')));
  expect(await ask('trigger', { tag: 'a' }, true)).toMatchObject({ ok: false, error: { code: 'REQUEST_RETAINED' } });
  requests.receive('trigger', Buffer.alloc(0), true, () => Promise.reject(new Error('answered')));
  expect(requests.dropped).toBe(0);
});

it('drops what no response topic can name', () => {
  const { requests } = desk(() => Promise.resolve({}));
  for (const verb of ['', 'a/b', 'x'.repeat(33), 'Ä']) {
    requests.receive(verb, Buffer.from('{}'), false, () => Promise.reject(new Error('answered')));
  }
  expect(requests.dropped).toBe(4);
});

it('ends what it does when the station stops', async () => {
  const { requests, ask } = desk(
    (_verb, _params, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
  );
  const answer = ask('trigger', { tag: 'a' });
  requests.stop();
  expect(await answer).toMatchObject({ ok: false, error: { code: 'NOT_SUPPORTED' } });
});
