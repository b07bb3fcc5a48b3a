import { once } from 'node:events';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { JournalReader } from '../../../src/daemon/journal/reader.js';
import { Mosquitto, Subscriber } from '../../fixtures/mosquitto.js';
import { PublishedStation } from '../../fixtures/published-station.js';
import { schemaProblems } from '../../fixtures/schemas.js';

const topic = 'cupcheck/line-1/result';
const lastTopic = `${topic}/last`;
const patience = { timeout: 30_000 };
let broker: Mosquitto;
let station: PublishedStation;
let subscriber: Subscriber | null = null;

beforeEach(async () => {
  broker = await Mosquitto.start();
  station = await PublishedStation.open();
});
afterEach(async () => {
  await subscriber?.stop();
  subscriber = null;
  await station.close();
  await broker.remove();
});

const results = (): readonly Readonly<Record<string, unknown>>[] => subscriber?.documents(topic) ?? [];
const seqs = (): readonly unknown[] => results().map((result) => result.seq);
const heardResults = (count: number): Promise<void> =>
  subscriber === null ? Promise.reject(new Error('nobody listens')) : subscriber.until(() => results().length >= count);

/** Waits until the journal has marked everything delivered. */
async function allDelivered(): Promise<void> {
  await expect.poll(async () => (await station.journal.outbox()).waiting, patience).toBe(0);
}

it('delivers each cup as it is shown: valid, in order, once, and not marked', async () => {
  subscriber = await Subscriber.start(broker, 'cupcheck/line-1/#');
  station.publish({ url: broker.url });
  await subscriber.until(() => subscriber?.documents('cupcheck/line-1/health').length === 1);
  const made = await station.cups(12);
  await heardResults(12);
  await subscriber.until(() => subscriber?.documents(lastTopic).at(-1)?.seq === 12);
  expect(seqs()).toEqual(made);
  for (const result of results()) {
    expect(schemaProblems('result', result)).toEqual([]);
    expect(result.replayed).toBe(false);
  }
  await allDelivered();
});

it('loses nothing while the broker is away, keeps the order, and marks what is old', async () => {
  subscriber = await Subscriber.start(broker, topic, 'logger');
  station.publish({ url: broker.url });
  await station.cups(5);
  await heardResults(5);
  await allDelivered();
  await broker.stop();
  await station.cups(40);
  await subscriber.stop();
  const before = seqs();
  await broker.start();
  subscriber = await Subscriber.start(broker, topic, 'logger');
  await heardResults(40);
  await allDelivered();
  await station.cups(3);
  await heardResults(43);
  expect(before).toEqual([1, 2, 3, 4, 5]);
  expect(seqs()).toEqual(Array.from({ length: 43 }, (_none, i) => i + 6));
  expect(results().map((result) => result.replayed)).toEqual([...Array(40).fill(true), ...Array(3).fill(false)]);
});

it('survives a broker that crashes in the middle of the flow, again and again', async () => {
  station.publish({ url: broker.url });
  const made: number[] = [];
  const heard: Readonly<Record<string, unknown>>[] = [];
  for (let crash = 0; crash < 5; crash++) {
    subscriber = await Subscriber.start(broker, topic);
    const flow = station.cups(30).then((some) => made.push(...some));
    await heardResults(5 + crash);
    await broker.stop('SIGKILL');
    await flow;
    await subscriber.stop();
    heard.push(...results());
    await broker.start();
  }
  await allDelivered();
  const reader = JournalReader.open(`${station.folder}/journal.db`);
  expect(reader.verify()).toMatchObject({ ok: true, rows: 150, waiting: 0 });
  reader.close();
  // What was heard twice is marked the second time, and nothing ever came before its predecessor's first time.
  let highest = 0;
  for (const { seq, replayed } of heard) {
    if (Number(seq) <= highest) expect(replayed, `repeat of ${String(seq)}`).toBe(true);
    highest = Math.max(highest, Number(seq));
  }
  expect(made).toHaveLength(150);
});

it('delivers after a restart what an earlier life left, marked, and does not repeat what it delivered', async () => {
  subscriber = await Subscriber.start(broker, 'cupcheck/line-1/#');
  station.publish({ url: broker.url });
  // Connected before the first cup: else it would be older than the connection.
  await subscriber.until(() => subscriber?.documents('cupcheck/line-1/health').length === 1);
  await station.cups(2);
  await heardResults(2);
  await allDelivered();
  await station.publisher?.stop();
  await station.cups(2);
  await station.journal.close();
  await station.openJournal();
  station.publish({ url: broker.url });
  await heardResults(4);
  expect(results().map(({ seq, replayed }) => [seq, replayed])).toEqual([
    [1, false],
    [2, false],
    [3, true],
    [4, true],
  ]);
});

it('keeps the newest cup in result/last, whatever is replayed, and gives it to a broker that forgot', async () => {
  subscriber = await Subscriber.start(broker, lastTopic);
  await station.cups(10);
  station.publish({ url: broker.url });
  await subscriber.until(() => subscriber?.documents(lastTopic).length === 1);
  expect(subscriber.documents(lastTopic)).toMatchObject([{ seq: 10, replayed: true }]);
  await allDelivered();
  await subscriber.stop();
  // A crash without persistence: no retained message is left.
  await broker.stop('SIGKILL');
  await broker.start();
  subscriber = await Subscriber.start(broker, lastTopic);
  await subscriber.until(() => subscriber?.documents(lastTopic).length === 1);
  expect(subscriber.documents(lastTopic)).toMatchObject([{ seq: 10, replayed: true }]);
});

/** A wire to the broker that swallows what the broker answers, from a moment on, and can be cut. */
class LossyWire {
  swallow = false;
  publishes = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(private readonly port: number) {
    this.#server = createServer((near) => {
      const far = dial(this.port, '127.0.0.1');
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => {
          near.destroy();
          far.destroy();
        });
      }
      near.on('data', (data) => far.write(data));
      far.on('data', (data) => {
        if (!this.swallow) near.write(data);
      });
    });
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `mqtt://127.0.0.1:${address.port}`;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

it('repeats, marked and once, a cup whose acknowledgement was lost: the client itself sends nothing again', async () => {
  const wire = new LossyWire(broker.port);
  const url = await wire.listen();
  subscriber = await Subscriber.start(broker, 'cupcheck/line-1/#');
  station.publish({ url });
  await subscriber.until(() => subscriber?.documents('cupcheck/line-1/health').length === 1);
  wire.swallow = true;
  await station.cups(1);
  await heardResults(1);
  await station.cups(1);
  wire.swallow = false;
  wire.cut();
  await heardResults(3);
  await allDelivered();
  await station.cups(1);
  await heardResults(4);
  wire.close();
  expect(results().map(({ seq, replayed }) => [seq, replayed])).toEqual([
    [1, false],
    [1, true],
    [2, true],
    [3, false],
  ]);
});

it('gives a broker up that does not acknowledge, and tries again', async () => {
  const wire = new LossyWire(broker.port);
  const url = await wire.listen();
  subscriber = await Subscriber.start(broker, 'cupcheck/line-1/#');
  const publisher = station.publish({ url }, { times: { firstRetryMs: 20, longestRetryMs: 50, ackTimeoutMs: 300 } });
  await subscriber.until(() => subscriber?.documents('cupcheck/line-1/health').length === 1);
  wire.swallow = true;
  await station.cups(1);
  await heardResults(1);
  // The connection is given up without a cut: the broker publishes the last will.
  await subscriber.until(() => subscriber?.heard.at(-1)?.payload === 'offline');
  wire.swallow = false;
  await heardResults(2);
  await allDelivered();
  expect(publisher.connects).toBeGreaterThanOrEqual(2);
  expect(results().map(({ seq, replayed }) => [seq, replayed])).toEqual([
    [1, false],
    [1, true],
  ]);
  wire.close();
});

it('does not take a refusal for a delivery, tells who is stuck, and goes on when it is allowed', async () => {
  await station.close();
  await broker.remove();
  const { writeFileSync } = await import('node:fs');
  const rules = (allowed: boolean): string =>
    [
      'topic read #',
      'topic write cupcheck/line-1/availability',
      'topic write cupcheck/line-1/health',
      ...(allowed ? ['topic write cupcheck/line-1/result', 'topic write cupcheck/line-1/result/last'] : []),
      '',
    ].join('\n');
  broker = await Mosquitto.start(['allow_anonymous true', 'acl_file {folder}/acl'], (folder) => {
    writeFileSync(`${folder}/acl`, rules(false));
  });
  station = await PublishedStation.open();
  subscriber = await Subscriber.start(broker, 'cupcheck/line-1/#');
  const publisher = station.publish({ url: broker.url });
  await station.cups(2);
  await expect.poll(() => publisher.stuck?.tries ?? 0, patience).toBeGreaterThan(1);
  expect(publisher.stuck).toMatchObject({ seq: 1, message: expect.stringContaining('0x87') as string });
  expect(publisher.connected).toBe(true);
  expect((await station.journal.outbox()).waiting).toBe(2);
  expect(results()).toEqual([]);
  writeFileSync(`${broker.folder}/acl`, rules(true));
  broker.reload();
  await heardResults(2);
  await allDelivered();
  expect(seqs()).toEqual([1, 2]);
  expect(publisher.stuck).toBeNull();
});
