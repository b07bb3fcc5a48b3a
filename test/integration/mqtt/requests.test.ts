import mqtt from 'mqtt';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Mosquitto, publishTo, Subscriber } from '../../fixtures/mosquitto.js';
import { PublishedStation } from '../../fixtures/published-station.js';
import { schemaProblems } from '../../fixtures/schemas.js';

const root = 'cupcheck/line-1';
let broker: Mosquitto;
let station: PublishedStation;
let subscriber: Subscriber;
let handled: string[] = [];

beforeEach(async () => {
  handled = [];
  broker = await Mosquitto.start(['allow_anonymous true', 'message_size_limit 0', 'max_queued_messages 0']);
  station = await PublishedStation.open();
  subscriber = await Subscriber.start(broker, `${root}/#`);
});
afterEach(async () => {
  await subscriber.stop();
  await station.close();
  await broker.remove();
});

function start(protocol: '5' | '3.1.1' = '5'): Promise<void> {
  station.publish(
    { url: broker.url, protocol },
    {
      handle: (verb, params, { tag }) => {
        handled.push(`${verb} ${tag}`);
        return Promise.resolve({ did: verb, params });
      },
    },
  );
  // The first health message comes after the subscription.
  return subscriber.until(() => subscriber.documents(`${root}/health`).length === 1);
}

const ask = (verb: string, payload: object | string | Buffer, args: readonly string[] = []): Promise<void> =>
  publishTo(
    broker,
    `${root}/request/${verb}`,
    typeof payload === 'string' || payload instanceof Buffer ? payload : JSON.stringify(payload),
    args,
  );

/** The answers on one verb's topic, when there are so many. */
async function answers(verb: string, count: number): Promise<readonly Readonly<Record<string, unknown>>[]> {
  await subscriber.until(() => subscriber.documents(`${root}/response/${verb}`).length >= count);
  const all = subscriber.documents(`${root}/response/${verb}`);
  for (const answer of all) expect(schemaProblems('response', answer)).toEqual([]);
  return all;
}

it('answers a request once it is done, and a repeat with the same answer', async () => {
  await start();
  await ask('order', { tag: 'a', design: 'Morgan', count: 2 });
  const [first] = await answers('order', 1);
  expect(first).toMatchObject({ tag: 'a', ok: true, repeated: false, result: { did: 'order' } });
  await ask('order', { tag: 'a', design: 'Morgan', count: 2 });
  const [, second] = await answers('order', 2);
  expect(second).toEqual({ ...first, repeated: true });
  expect(handled).toEqual(['order a']);
});

it('knows a tag again after the connection was lost', async () => {
  await start();
  await ask('trigger', { tag: 'a' });
  await answers('trigger', 1);
  await broker.stop('SIGKILL');
  await subscriber.stop();
  await broker.start();
  subscriber = await Subscriber.start(broker, `${root}/#`);
  await subscriber.until(() => subscriber.documents(`${root}/health`).length === 1);
  await ask('trigger', { tag: 'a' });
  expect((await answers('trigger', 1))[0]).toMatchObject({ tag: 'a', ok: true, repeated: true });
  expect(handled).toEqual(['trigger a']);
});

it.each<[string, string, object | string, string]>([
  ['not JSON', 'status', 'hello', 'REQUEST_INVALID'],
  ['an unknown verb', 'dance', { tag: 'a' }, 'REQUEST_UNKNOWN'],
  ['a wrong field', 'order', { tag: 'a', design: 'Morgan', count: 99 }, 'REQUEST_INVALID'],
  ['17 KiB', 'status', `{"tag":"${'x'.repeat(17 * 1024)}"}`, 'REQUEST_TOO_LARGE'],
])('refuses %s with a clear error and goes on', async (_what, verb, payload, code) => {
  await start();
  await ask(verb, payload);
  expect((await answers(verb, 1))[0]).toMatchObject({ ok: false, error: { code } });
  await ask('selftest', { tag: 'still there' });
  expect((await answers('selftest', 1))[0]).toMatchObject({ ok: true });
  expect(handled).toEqual(['selftest still there']);
});

it('refuses a retained request, whether it is published now or lay there before', async () => {
  await ask('trigger', { tag: 'old' }, ['-r']);
  await start();
  expect((await answers('trigger', 1))[0]).toMatchObject({ ok: false, error: { code: 'REQUEST_RETAINED' } });
  await ask('order', { tag: 'new', design: 'Morgan', count: 2 }, ['-r']);
  expect((await answers('order', 1))[0]).toMatchObject({ ok: false, error: { code: 'REQUEST_RETAINED' } });
  // Clearing them is no request.
  await ask('trigger', '', ['-r']);
  await ask('status', { tag: 'live' });
  expect((await answers('status', 1))[0]).toMatchObject({ ok: true });
  expect(handled).toEqual(['status live']);
  expect(subscriber.documents(`${root}/response/trigger`)).toHaveLength(1);
});

it('is not reached by 10 MB, stays connected, and answers the next request', async () => {
  await start();
  await ask('status', Buffer.alloc(10_000_000, 0x20));
  await ask('status', { tag: 'after' });
  expect((await answers('status', 1))[0]).toMatchObject({ tag: 'after', ok: true });
  expect(station.publisher?.connects).toBe(1);
});

it('answers a flood within bounds and stays usable', async () => {
  await start();
  const client = await mqtt.connectAsync(broker.url, { protocolVersion: 5 });
  await Promise.all(
    Array.from({ length: 2000 }, (_none, i) =>
      client.publishAsync(`${root}/request/trigger`, JSON.stringify({ tag: `f${i}` }), { qos: 1 }),
    ),
  );
  await client.endAsync();
  const outcomes = (): number =>
    subscriber.documents(`${root}/response/trigger`).length + (station.publisher?.requestsDropped ?? 0);
  // Asked earlier, `status` could be one of those that the flood crowds out.
  await expect.poll(outcomes, { timeout: 60_000 }).toBe(2000);
  await ask('status', { tag: 'after' });
  expect((await answers('status', 1))[0]).toMatchObject({ ok: true });
  const flood = await answers('trigger', 1);
  const refused = flood.filter((answer) => !answer.ok);
  for (const answer of refused) expect(answer).toMatchObject({ error: { code: 'REQUEST_BUSY' } });
});

it('takes no requests over MQTT 3.1.1, where a retained one could not be told from a live one', async () => {
  await ask('trigger', { tag: 'old' }, ['-r']);
  await start('3.1.1');
  await ask('trigger', { tag: 'live' });
  const { seq } = await station.cup();
  await subscriber.until(() => subscriber.documents(`${root}/result`).some((result) => result.seq === seq));
  expect(handled).toEqual([]);
  expect(subscriber.documents(`${root}/response/trigger`)).toEqual([]);
});
