import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { countRows } from '../../../src/daemon/journal/statistics-table.js';
import { contentType } from '../../../src/daemon/statistics/exposition.js';
import { metrics } from '../../../src/daemon/statistics/metrics.js';
import { summarize } from '../../../src/daemon/statistics/summary.js';
import type { Finding } from '../../../src/daemon/control/station-verbs.js';
import type { StationStatus } from '../../../src/daemon/status.js';
import { compiled } from '../../fixtures/compiled.js';
import { LiveStation, type LiveStationOptions } from '../../fixtures/live-station.js';
import { parsePrometheus } from '../../fixtures/parse-prometheus.js';
import { schemaText } from '../../fixtures/schemas.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** Fewer while somebody works on it. */
const kills = Number(process.env['KILLS'] ?? 30);
const cupMs = 150;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function started(options: LiveStationOptions = {}): Promise<LiveStation> {
  const station = await LiveStation.start(options);
  onTestFinished(() => station.stop());
  await station.whenReady();
  return station;
}

const statisticsOf = (status: StationStatus): NonNullable<StationStatus['statistics']> => {
  if (status.statistics === null) throw new Error('a station at work has statistics');
  return status.statistics;
};

/** What the rows of the journal say, counted anew. */
function recounted(path: string): ReturnType<typeof summarize> {
  const db = new Database(path, { readonly: true });
  const counts = countRows(db);
  db.close();
  return summarize({ since: '', counts, live: () => 0 });
}

async function scrape(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, contentType]);
  return response.text();
}

it(`counters agree with the journal after core was killed ${kills} times`, async () => {
  const station = await started();
  let frames = 0;
  for (let kill = 0; kill < kills; kill++) {
    const ready = await station.whenReady();
    const { camera } = statisticsOf(ready);
    // Frames are kept once a minute only, but what was kept never goes back.
    expect(camera.frames).toBeGreaterThan(0);
    frames = Math.max(frames, camera.frames);
    if (kill % 3 === 2) await station.ask('order.clear');
    else await station.order();
    const first = station.nextResult();
    const cups = (async () => {
      for (;;) {
        await station.cup();
        await station.ask('resolve', { cup: '1', outcome: kill % 2 === 0 ? 'ok' : 'wrong', by: 'anna', note: null });
      }
    })().catch(() => null);
    await first;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * cupMs));
    await station.stopCore('SIGKILL');
    await cups;
    await station.startCore();
    const statistics = statisticsOf(await station.whenReady());
    const { cups: counted, ambers, found, stages } = recounted(station.journalPath);
    expect(statistics).toMatchObject({ cups: counted, ambers, found, stages });
    expect(statistics.starts).toBeLessThanOrEqual(kill + 2);
  }
  await station.stopCore();
  await station.startCore();
  const statistics = statisticsOf(await station.whenReady());
  console.log(`${kills} kills: ${JSON.stringify({ cups: statistics.cups, starts: statistics.starts })}`);
  // An end in good order keeps everything.
  expect(statistics.camera.frames).toBeGreaterThan(frames);
  expect(statistics.starts).toBe(kills + 2);
  expect(recounted(station.journalPath).cups).toEqual(statistics.cups);
}, 300_000);

describe('metrics over HTTP', () => {
  it('say what status says, in a format that a parser of Prometheus reads', async () => {
    const port = await freePort();
    const station = await started({ config: { metrics: { enabled: true, port } } });
    await station.order();
    const { seq } = await station.cup();
    await station.ask('order.clear');
    await station.cup();
    await station.ask('resolve', { cup: String(seq), outcome: 'ok', by: 'anna', note: null });
    const families = new Map(parsePrometheus(await scrape(port)).map((family) => [family.name, family]));
    const value = (name: string, labels: Record<string, string> = {}, of = name): number | undefined =>
      families
        .get(of)
        ?.samples.find(
          (sample) =>
            sample.name === name && Object.entries(labels).every(([label, wanted]) => sample.labels[label] === wanted),
        )?.value;
    expect(value('cupcheck_cups_total', { verdict: 'green' })).toBe(1);
    expect(value('cupcheck_cups_total', { verdict: 'amber' })).toBe(1);
    expect(value('cupcheck_amber_reasons_total', { reason: 'no_order' })).toBe(1);
    expect(value('cupcheck_amber_reasons_total', { reason: 'retrigger' })).toBe(0);
    expect(value('cupcheck_findings_total', { verdict: 'green', outcome: 'ok' })).toBe(1);
    expect(value('cupcheck_ready')).toBe(1);
    expect(value('cupcheck_camera_frames_total')).toBeGreaterThan(0);
    const stage = 'cupcheck_stage_seconds';
    const total = families.get(stage)?.samples.filter(({ labels }) => labels['stage'] === 'total') ?? [];
    const buckets = total.filter(({ name }) => name === `${stage}_bucket`);
    const counts = buckets.map((bucket) => bucket.value);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(buckets.at(-1)).toMatchObject({ labels: { le: '+Inf' }, value: 2 });
    expect(value(`${stage}_count`, { stage: 'total' }, stage)).toBe(2);
    const { statistics } = await station.status();
    const longestMs = statistics?.stages.find((times) => times.stage === 'total')?.max_ms ?? 0;
    expect(value(`${stage}_sum`, { stage: 'total' }, stage)).toBeGreaterThan(longestMs / 1000);
    // Every metric of the table but those that have nothing to say here, each with its type and its help.
    const silent = ['cupcheck_fault', 'cupcheck_temperature_celsius'];
    for (const { name, type, help } of metrics) {
      if (!silent.includes(name)) expect(families.get(name), name).toMatchObject({ type, help });
    }
    expect([...families.keys()].filter((name) => !metrics.some((metric) => metric.name === name))).toEqual([]);
    const schema = JSON.parse(schemaText('health')) as { properties: { statistics: object } };
    const ajv = new Ajv2020({ strict: false });
    formats.default(ajv);
    const validate = ajv.compile(schema.properties.statistics);
    expect(validate(statistics), JSON.stringify(validate.errors)).toBe(true);
  });

  it('are answered on the loopback, to GET /metrics alone, and to few at a time', async () => {
    const port = await freePort();
    const station = await started({ config: { metrics: { enabled: true, port } } });
    const url = `http://127.0.0.1:${port}`;
    const status = async (path: string, init: RequestInit = {}): Promise<number> =>
      (await fetch(url + path, init)).status;
    expect(await status('/metrics?x=1')).toBe(200);
    expect(await status('/')).toBe(404);
    expect(await status('/metrics/../etc/passwd')).toBe(404);
    expect(await status('/metrics', { method: 'POST', body: 'x'.repeat(100_000) })).toBe(405);
    expect(await status('/metrics', { headers: { big: 'x'.repeat(20_000) } })).toBe(431);
    const elsewhere = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.internal === false && address.family === 'IPv4');
    if (elsewhere !== undefined) {
      const [refused] = (await once(connect(port, elsewhere.address), 'error')) as [NodeJS.ErrnoException];
      expect(refused.code).toBe('ECONNREFUSED');
    }
    const idle: Socket[] = [];
    for (let i = 0; i < 8; i++) {
      const socket = connect(port, '127.0.0.1');
      idle.push(socket);
      await once(socket, 'connect');
    }
    const ninth = connect(port, '127.0.0.1').resume();
    await once(ninth, 'close');
    expect((await station.cup()).verdict).toBe('amber');
    for (const socket of idle) socket.destroy();
  });

  it('can be read all the time while cups are judged', async () => {
    const port = await freePort();
    const station = await started({ config: { metrics: { enabled: true, port } } });
    await station.order();
    const totals = async (): Promise<number[]> => {
      const times: number[] = [];
      for (let i = 0; i < 20; i++) {
        const result = await station.cup();
        expect(result.verdict).toBe('green');
        times.push(result.ms.total ?? 0);
      }
      return times.toSorted((a, b) => a - b);
    };
    const alone = await totals();
    let scrapes = 0;
    const done = new AbortController();
    const scraping = (async () => {
      while (!done.signal.aborted) {
        await scrape(port);
        scrapes++;
      }
    })();
    const scraped = await totals();
    done.abort();
    await scraping;
    console.log(`to light: ${alone[10]} ms alone, ${scraped[10]} ms with ${scrapes} scrapes beside (median of 20)`);
    expect(scrapes).toBeGreaterThan(20);
  });

  it('that cannot be offered keep no cup from being judged, and doctor says why', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    const station = await started({ config: { metrics: { enabled: true, port } } });
    await station.order();
    expect((await station.cup()).verdict).toBe('green');
    const { findings } = await station.ask<{ findings: Finding[] }>('doctor.runtime');
    expect(findings.find(({ check }) => check === 'metrics')).toMatchObject({
      state: 'fail',
      detail: expect.stringContaining('EADDRINUSE') as string,
    });
  });
});

describe('the picture of a cup', () => {
  const program = fileURLToPath(compiled('cli/main.ts'));

  it('can be had as it was judged and with an overlay, and whoever asks for a lost one is told', async () => {
    const station = await started({ config: { images: { keepAmbers: true, keepGreensShare: 0 } } });
    const ask = (...args: readonly string[]): Promise<{ code: number; out: string }> =>
      new Promise((resolve) => {
        execFile(
          process.execPath,
          [program, 'journal', 'picture', ...args, '--config', station.configPath],
          (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), out: stdout + stderr }),
        );
      });
    const amber = await station.cup();
    await station.order();
    await station.cup();
    await station.stopCore();
    const [jpg, png] = [join(station.folder, 'cup.jpg'), join(station.folder, 'cup.png')];
    expect(await ask('1', '--out', jpg)).toMatchObject({ code: 0 });
    const kept = join(station.folder, 'state/images', amber.image?.path ?? '');
    expect(readFileSync(jpg).equals(readFileSync(kept))).toBe(true);
    expect(await ask(amber.id, '--overlay', '--out', png)).toMatchObject({ code: 0 });
    const [plain, drawn] = await Promise.all([sharp(jpg).metadata(), sharp(png).metadata()]);
    expect(drawn).toMatchObject({ format: 'png', width: plain.width });
    expect(drawn.height).toBeGreaterThan(plain.height);
    // The frame around it tells the verdict, an amber here.
    const { data } = await sharp(png)
      .extract({ left: 200, top: 2, width: 1, height: 1 })
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([...data.subarray(0, 3)]).toEqual([0xff, 0xb0, 0x20]);

    expect(await ask('2', '--out', jpg)).toMatchObject({
      code: 1,
      out: expect.stringContaining('no picture was kept') as string,
    });
    expect(await ask('99', '--out', jpg)).toMatchObject({ code: 2 });
    expect(await ask('1', '--out', join(station.folder, 'none/cup.jpg'))).toMatchObject({ code: 2 });
    writeFileSync(kept, 'something else');
    expect(await ask('1', '--out', jpg)).toMatchObject({
      code: 1,
      out: expect.stringContaining('digest differs') as string,
    });
    rmSync(kept);
    expect(await ask('1', '--out', jpg)).toMatchObject({ code: 1, out: expect.stringContaining('is gone') as string });
    expect(readdirSync(join(station.folder, 'state/images'), { recursive: true })).toHaveLength(1);
  });
});
