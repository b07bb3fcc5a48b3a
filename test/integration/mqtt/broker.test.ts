import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Mosquitto, Subscriber } from '../../fixtures/mosquitto.js';
import { info, PublishedStation } from '../../fixtures/published-station.js';
import { schemaProblems } from '../../fixtures/schemas.js';

const root = 'cupcheck/line-1';
const patience = { timeout: 30_000 };
let broker: Mosquitto | null = null;
let station: PublishedStation;
let subscriber: Subscriber | null = null;

beforeEach(async () => {
  station = await PublishedStation.open();
});
afterEach(async () => {
  await subscriber?.stop();
  subscriber = null;
  await station.close();
  await broker?.remove();
  broker = null;
});

const openBroker = async (extra?: readonly string[], prepare?: (folder: string) => void): Promise<Mosquitto> => {
  broker = await Mosquitto.start(extra, prepare);
  return broker;
};
const availability = (heard: Subscriber): readonly string[] =>
  heard.heard.filter((message) => message.topic === `${root}/availability`).map((message) => message.payload);

it.each(['5', '3.1.1'] as const)(
  'says who and how it is, over MQTT %s: retained, valid documents',
  async (protocol) => {
    const broker = await openBroker();
    station.publish({ url: broker.url, protocol });
    await station.cup();
    await expect.poll(async () => (await station.journal.outbox()).waiting, patience).toBe(0);
    subscriber = await Subscriber.start(broker, `${root}/#`);
    await subscriber.until(() => subscriber?.heard.length === 4);
    expect(subscriber.heard.map(({ topic, retained }) => [topic, retained])).toEqual(
      expect.arrayContaining(['availability', 'info', 'state', 'result/last'].map((name) => [`${root}/${name}`, true])),
    );
    expect(schemaProblems('availability', availability(subscriber)[0])).toEqual([]);
    for (const name of ['info', 'state']) {
      expect(schemaProblems(name, subscriber.documents(`${root}/${name}`)[0]), name).toEqual([]);
    }
    expect(schemaProblems('result', subscriber.documents(`${root}/result/last`)[0])).toEqual([]);
  },
);

it('says what it is once, and again only where that is another', async () => {
  const broker = await openBroker();
  subscriber = await Subscriber.start(broker, `${root}/info`);
  const publisher = station.publish({ url: broker.url });
  await subscriber.until(() => subscriber?.heard.length === 1);
  publisher.info(structuredClone(info));
  publisher.info({ ...info, provider: 'cuda' });
  publisher.info({ ...info, provider: 'cuda' });
  publisher.info(info);
  await subscriber.until(() => (subscriber?.heard.length ?? 0) >= 3);
  expect(subscriber.documents(`${root}/info`)).toMatchObject([info, { provider: 'cuda' }, info]);
});

it('sends its health again and again', async () => {
  const broker = await openBroker();
  subscriber = await Subscriber.start(broker, `${root}/health`);
  station.publish({ url: broker.url }, { healthIntervalMs: 50 });
  await subscriber.until(() => (subscriber?.heard.length ?? 0) >= 3);
  expect(schemaProblems('health', subscriber.documents(`${root}/health`)[0])).toEqual([]);
});

it('is online, offline when it stops, and offline by its last will when it is gone', async () => {
  const broker = await openBroker();
  subscriber = await Subscriber.start(broker, `${root}/availability`);
  station.publish({ url: broker.url });
  await subscriber.until(() => subscriber?.heard.length === 1);
  await station.publisher?.stop();
  await subscriber.until(() => subscriber?.heard.length === 2);
  const child = spawn(
    process.execPath,
    [
      fileURLToPath(new URL('../../fixtures/killed-publisher.mjs', import.meta.url)),
      broker.url,
      `${root}/availability`,
    ],
    { stdio: 'inherit' },
  );
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  await subscriber.until(() => subscriber?.heard.length === 4);
  expect(availability(subscriber)).toEqual(['online', 'offline', 'online', 'offline']);
});

it('publishes a new state at once, and the newest again with each connection', async () => {
  const broker = await openBroker();
  subscriber = await Subscriber.start(broker, `${root}/state`);
  const publisher = station.publish({ url: broker.url });
  await subscriber.until(() => subscriber?.heard.length === 1);
  const next = (state: string): void => {
    publisher.state({
      schema: 1,
      station: 'line-1',
      session: 's',
      utc: '2026-11-24T08:00:00Z',
      health: 'ready',
      state,
      faults: [],
      provider: 'cpu',
      provider_fallback: false,
      order: null,
    });
  };
  next('judging');
  await subscriber.until(() => subscriber?.heard.length === 2);
  await broker.stop('SIGKILL');
  await subscriber.stop();
  next('showing');
  next('ready');
  await broker.start();
  subscriber = await Subscriber.start(broker, `${root}/state`);
  await subscriber.until(() => subscriber?.heard.length === 1);
  expect(subscriber.documents(`${root}/state`)).toMatchObject([{ state: 'ready' }]);
});

it('tells Home Assistant where to look, when asked to', async () => {
  const broker = await openBroker();
  subscriber = await Subscriber.start(broker, 'homeassistant/#');
  station.publish({ url: broker.url }, { homeAssistant: true });
  await subscriber.until(() => subscriber?.heard.length === 2);
  expect(subscriber.documents('homeassistant/sensor/cupcheck_line-1/verdict/config')[0]).toMatchObject({
    state_topic: `${root}/result/last`,
  });
});

it('waits for a broker that is not there yet, and says what is wrong', async () => {
  const broker = await openBroker();
  await broker.stop();
  const publisher = station.publish({ url: broker.url });
  await station.cups(2);
  await expect.poll(() => publisher.lastError?.message ?? '', patience).toContain('ECONNREFUSED');
  await broker.start();
  await expect.poll(async () => (await station.journal.outbox()).waiting, patience).toBe(0);
  expect(publisher.connected).toBe(true);
});

it('logs in with a password from a file, says who may read it, and is told when it is wrong', async () => {
  const broker = await openBroker(['allow_anonymous false', 'password_file {folder}/users'], (folder) => {
    execFileSync('mosquitto_passwd', ['-b', '-c', join(folder, 'users'), 'line', 'se cret']);
    chmodSync(join(folder, 'users'), 0o644);
  });
  const passwordFile = join(station.folder, 'password');
  writeFileSync(passwordFile, 'wrong\n', { mode: 0o644 });
  let said = '';
  const log = pino(
    new Writable({
      write(chunk: Buffer, _encoding, done): void {
        said += chunk.toString();
        done();
      },
    }),
  );
  const publisher = station.publish({ url: broker.url, username: 'line', passwordFile }, { log });
  await expect.poll(() => publisher.lastError?.message ?? '', patience).toMatch(/not authorized|password/i);
  expect(said).toContain('chmod o-rwx');
  writeFileSync(passwordFile, 'se cret\n');
  await station.cups(1);
  await expect.poll(async () => (await station.journal.outbox()).waiting, patience).toBe(0);
  expect(said).not.toContain('se cret');
});

/** An authority, and a certificate of 127.0.0.1 and of a client that it signed. */
function makeCertificates(folder: string): void {
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', [...args], { cwd: folder, stdio: 'ignore' });
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test authority');
  writeFileSync(join(folder, 'names'), 'subjectAltName=IP:127.0.0.1\n');
  for (const name of ['broker', 'station']) {
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-out',
      `${name}.pem`,
      '-days',
      '2',
      '-extfile',
      'names',
    );
  }
}

it('speaks TLS with a client certificate, and refuses a broker that its authority did not sign', async () => {
  const broker = await openBroker(
    [
      'allow_anonymous true',
      'cafile {folder}/ca.pem',
      'certfile {folder}/broker.pem',
      'keyfile {folder}/broker.key',
      'require_certificate true',
    ],
    makeCertificates,
  );
  const url = broker.url.replace('mqtt:', 'mqtts:');
  const file = (name: string): string => join(broker.folder, name);
  const strange = station.publish({ url, cert: file('station.pem'), key: file('station.key') });
  await expect.poll(() => strange.lastError?.message ?? '', patience).toMatch(/certificate/);
  await strange.stop();
  const anonymous = station.publish({ url, ca: file('ca.pem') });
  await expect.poll(() => anonymous.lastError?.message ?? '', patience).not.toBe('');
  expect(anonymous.connects).toBe(0);
  await anonymous.stop();
  station.publish({ url, ca: file('ca.pem'), cert: file('station.pem'), key: file('station.key') });
  await station.cups(1);
  await expect.poll(async () => (await station.journal.outbox()).waiting, patience).toBe(0);
});

it('says which file of the config it cannot read', () => {
  expect(() =>
    station.publish({ url: 'mqtt://127.0.0.1:1', username: 'a', passwordFile: '/nowhere/password' }),
  ).toThrow(/mqtt.passwordFile.*\/nowhere\/password/);
  station.publisher = null;
});
