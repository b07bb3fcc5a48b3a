import { expect, it, onTestFinished } from 'vitest';
import { LiveStation } from '../../fixtures/live-station.js';
import { Mosquitto, Subscriber } from '../../fixtures/mosquitto.js';

const topic = 'cupcheck/live/result';

it('loses nothing, keeps the order and marks the repeats when the broker is stopped and started again', async () => {
  const broker = await Mosquitto.start();
  onTestFinished(() => broker.remove());
  // A durable session: the broker keeps for it what comes while mosquitto_sub itself connects again.
  const before = await Subscriber.start(broker, topic, 'logger');
  const station = await LiveStation.start({ brokerUrl: broker.url });
  onTestFinished(() => station.stop());
  await station.whenReady();
  await station.order();
  const live = [await station.cup(), await station.cup(), await station.cup()];
  await before.until(() => before.documents(topic).length === 3);
  await before.stop();

  await broker.stop('SIGTERM');
  await station.untilStatus('it has lost the broker', (status) => !status.broker.connected);
  const late = [];
  for (let i = 0; i < 8; i++) late.push(await station.cup());
  expect((await station.status()).broker).toMatchObject({ connected: false, waiting: 8 });
  await broker.start();
  const after = await Subscriber.start(broker, topic, 'logger');
  onTestFinished(() => after.stop());
  await after.until(() => after.documents(topic).length >= 8);
  const next = await station.cup();
  await after.until(() => after.documents(topic).some(({ id }) => id === next.id));

  const said = (result: unknown) => {
    const { seq, replayed, verdict } = result as Record<string, unknown>;
    return { seq, replayed, verdict };
  };
  expect(before.documents(topic).map(said)).toEqual(live.map(said));
  expect(after.documents(topic).map(said)).toEqual([
    ...late.map((result) => ({ ...said(result), replayed: true })),
    said(next),
  ]);
  expect(next.seq).toBe(live.length + late.length + 1);
  expect(await station.ask('outbox.drain', { timeoutMs: 10_000 })).toMatchObject({ connected: true, waiting: 0 });
});
