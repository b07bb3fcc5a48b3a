// Writes docs/mqtt.md from a real run of the simulated station: npm run docs:mqtt. Takes about a minute, because a
// station tells its health every 30 s.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import mqtt from 'mqtt';
import { startDemoStation } from '../dist/cli/demo/demo-station.js';
import { demoTopics, documentedTopics, mqttReference } from '../dist/cli/reference/mqtt-reference.js';

const demoFolder = fileURLToPath(new URL('../models/demo', import.meta.url));
const page = new URL('../docs/mqtt.md', import.meta.url);
const silentAfterMs = 60_000;
const root = demoTopics.root;

/** Everything that went through the broker, and a wait for what has not come yet. */
class Listener {
  heard = [];
  #waits = new Set();

  constructor(client) {
    client.on('message', (topic, payload, { qos, retain }) => {
      this.heard.push({ topic, qos, retained: retain, payload: payload.toString() });
      for (const look of this.#waits) look();
    });
  }

  /** The first message, from `since` on, that `fits`. */
  until(topic, fits = () => true, since = 0) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`nothing on ${topic} for ${silentAfterMs} ms`)), silentAfterMs);
      const look = () => {
        const found = this.heard.slice(since).find((one) => one.topic === `${root}/${topic}` && fits(one.payload));
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waits.delete(look);
        resolve(found);
      };
      this.#waits.add(look);
      look();
    });
  }
}

/** Asks, and returns the request and its answer as they went through the broker. */
async function request(client, listener, verb, fields) {
  const text = JSON.stringify(fields);
  await client.publishAsync(`${root}/request/${verb}`, text, { qos: 1 });
  const asked = await listener.until(`request/${verb}`, (payload) => payload === text);
  const answered = await listener.until(`response/${verb}`, (payload) => JSON.parse(payload).tag === fields.tag);
  return [asked, answered];
}

/** Returns the cup's result, and its retained copy. */
async function place(station, listener, picture) {
  const since = listener.heard.length;
  await station.ask('sim.place', { picture: `${demoFolder}/${picture}` });
  const result = await listener.until('result', undefined, since);
  return [result, await listener.until('result/last', (payload) => payload === result.payload, since)];
}

async function leave(station) {
  await station.ask('sim.remove');
  await station.whenReady();
}

const station = await startDemoStation(demoFolder);
const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${station.brokerPort}`, { protocolVersion: 5 });
const captured = [];
try {
  const listener = new Listener(client);
  // QoS 2 and "retain as published": each message shows the flags that its sender gave it.
  await client.subscribeAsync(`${root}/#`, { qos: 2, rap: true });
  captured.push(await listener.until('availability'), await listener.until('info'));

  const order = { design: 'harbour-2021', count: 5, cups: 3 };
  captured.push(...(await request(client, listener, 'order', { tag: 'erp-4711', ...order })));
  captured.push(...(await request(client, listener, 'order', { tag: 'erp-4712', desing: 'harbour-2021', count: 5 })));

  const [green] = await place(station, listener, '02-harbour-2021.jpg');
  captured.push(green);
  captured.push(await listener.until('state', (payload) => JSON.parse(payload).state === 'showing'));
  const sinceTrigger = listener.heard.length;
  captured.push(...(await request(client, listener, 'trigger', { tag: 'line-plc-82' })));
  await listener.until('result', undefined, sinceTrigger);
  await leave(station);

  const [amber, amberLast] = await place(station, listener, '03-impostor.jpg');
  captured.push(amberLast);
  await leave(station);
  const found = { cup: JSON.parse(amber.payload).id, outcome: 'wrong', by: 'anna', note: 'a 2022 among the 2021s' };
  captured.push(...(await request(client, listener, 'resolve', { tag: 'page-17', ...found })));
  captured.push(...(await request(client, listener, 'status', { tag: 'watch-1' })));
  captured.push(...(await request(client, listener, 'selftest', { tag: 'night-1' })));
  captured.push(await listener.until('health'));
} finally {
  await client.endAsync();
  await station.stop();
}

const missing = documentedTopics.filter(({ topic }) => !captured.some((one) => one.topic === `${root}/${topic}`));
if (missing.length > 0) throw new Error(`nothing was captured on ${missing.map(({ topic }) => topic).join(', ')}`);
writeFileSync(page, mqttReference(captured));
console.log(`docs/mqtt.md: ${captured.length} messages on ${documentedTopics.length} topics`);
