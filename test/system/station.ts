import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { StateDocument } from '../../src/daemon/mqtt/documents.js';
import type { Result } from '../../src/daemon/result.js';
import { Mosquitto, Subscriber } from '../fixtures/mosquitto.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';
import { Bench, type LampEdge } from './bench.js';
import { camera, type DrawnCup, writeCups } from './cups.js';
import { circumstances } from './circumstances.js';
import { contradictions, gaps } from './evidence.js';
import { Machine } from './machine.js';
import { seeingDetector } from './seeing-detector.js';
import { within } from './within.js';

const topic = 'cupcheck/system';
export const settleMs = 150;
/** A lease that a machine in slow emulation can keep. */
export const leaseMs = 3000;
/** How long anything of the station may take there. */
export const patienceMs = 240_000;
const fps = 10;
/** A disk that outlives the test, so that single scenarios can be tried without another installation. */
const keptDisk = process.env['SYSTEM_TEST_DISK'];

export interface StationParts {
  /** Folder of the built image. */
  readonly image: string;
  /** The station's Debian package. */
  readonly package: string;
}

/** The station as it is installed: a machine with its package, a bench around it, a broker on another machine (the host). */
export class SystemStation {
  /** What the guest sees as /host. */
  readonly share = mkdtempSync(join(tmpdir(), 'cupcheck-system-'));
  readonly bundle = join(this.share, 'bundle');
  readonly #edges: LampEdge[] = [];
  #checkedSeq = 0;
  /** Rows up to this one went to another broker. */
  #foundSeq = 0;
  /** A picture of a cup as ordered. */
  clean = '';
  /** A picture of a cup with one item of another design. */
  mixed = '';
  machine!: Machine;
  bench!: Bench;
  broker!: Mosquitto;
  subscriber!: Subscriber;

  /** Boots the machine from a fresh disk, and starts what is around it. The package is not installed yet. */
  static async boot({ image }: StationParts, cups: readonly DrawnCup[]): Promise<SystemStation> {
    const station = new SystemStation();
    const { share } = station;
    writeTinyBundle(station.bundle, seeingDetector);
    [station.clean = '', station.mixed = ''] = writeCups(station.cups, cups);
    const source = fileURLToPath(new URL('bench/bench.c', import.meta.url));
    execFileSync('gcc', ['-O2', '-Wall', '-static', '-o', join(share, 'bench'), source]);
    const disk = keptDisk ?? `${share}.qcow2`;
    if (!existsSync(disk)) {
      execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', join(image, 'root.ext4'), '-F', 'raw', disk]);
    }
    station.#disk = disk;
    station.broker = await Mosquitto.start();
    station.subscriber = await Subscriber.start(station.broker, `${topic}/#`, 'line-log');
    station.machine = await Machine.start({ image, disk, share });
    await station.startBench();
    return station;
  }

  #disk = '';

  get cups(): string {
    return join(this.share, 'cups');
  }

  /** Writes the config and what it names; the station reads it when it starts. */
  async configure(sections: Readonly<Record<string, object>> = {}): Promise<void> {
    const base: Readonly<Record<string, object>> = {
      station: { name: 'system', deadlineMs: 10_000, settleMs, frameTimeoutMs: 5000, watchMs: 500, faultRetryMs: 1000 },
      camera: {
        driver: 'v4l2',
        fps,
        // The bench stamps a frame when it writes it.
        v4l2: { device: '/dev/video0', format: 'mjpeg', ...camera0, silenceMs: 4000, latencyMs: 1 },
      },
      trigger: { driver: 'gpiochip', gpio: { chip: 'station-gpio', line: 'CUP_SENSOR' } },
      light: { driver: 'gpiochip', leaseMs, renewMs: 300, gpio: { chip: 'station-gpio' } },
      bundle: { path: '/opt/station/bundle', allowUnsigned: 'any' },
      calibration: { path: '/opt/station/calibration.json' },
      infer: { timeoutMs: 30_000, threads: 1 },
      images: { keepAmbers: false, keepGreensShare: 0 },
      mqtt: { enabled: true, url: `mqtt://10.0.2.2:${this.broker.port}` },
    };
    const names = new Set([...Object.keys(base), ...Object.keys(sections)]);
    const merged = Object.fromEntries([...names].map((name) => [name, { ...base[name], ...sections[name] }]));
    const files = join(this.share, 'station');
    mkdirSync(files, { recursive: true });
    writeFileSync(join(files, 'config.yaml'), stringify(merged));
    writeFileSync(join(files, 'calibration.json'), JSON.stringify(calibration));
    writeFileSync(join(files, 'slow.conf'), '[Service]\nWatchdogSec=45\nTimeoutStartSec=600\nTimeoutStopSec=120\n');
    const units = '/etc/systemd/system';
    await this.machine.must(
      [
        'install -d /opt/station /etc/cupcheck',
        'cp -r /host/bundle /opt/station/',
        'cp /host/station/calibration.json /host/cups/empty.jpg /opt/station/',
        'cp /host/station/config.yaml /etc/cupcheck/config.yaml',
        'chmod -R a+rX /opt/station && chmod 644 /etc/cupcheck/config.yaml',
        // Emulation makes everything slow: what is tested is that the watchdog bites, not when.
        `for unit in cupcheck cupcheck-light; do install -D -m 644 /host/station/slow.conf ${units}/$unit.service.d/slow.conf; done`,
        'systemctl daemon-reload',
        'sync',
      ].join(' && '),
    );
  }

  async startBench(): Promise<void> {
    this.bench = await Bench.start(this.machine, { program: '/host/bench', fps, circumstances: this.#circumstances });
    await this.bench.do('picture /host/cups/empty.jpg');
    await this.bench.do('camera on');
  }

  /** What the station says of itself over MQTT, the newest. */
  get state(): StateDocument | null {
    return (this.subscriber.documents(`${topic}/state`).at(-1) as StateDocument | undefined) ?? null;
  }

  /** Results in the order in which the broker gave them. */
  get published(): readonly Result[] {
    return this.subscriber.documents(`${topic}/result`) as unknown as readonly Result[];
  }

  /** Returns when the station said so at some time after `from` messages. */
  async says(what: string, from: number, holds: (state: StateDocument) => boolean): Promise<void> {
    await this.hears(what, () => this.#states(from).some(holds));
  }

  /** Returns when it waits for a cup, as far as it was heard after `from` messages. */
  async ready(from = 0): Promise<void> {
    const now = (): boolean => {
      const state = this.#states(from).at(-1);
      return state !== undefined && state.health === 'ready' && state.state === 'ready';
    };
    await this.hears('the station is ready', now);
  }

  /** Returns when `holds`, which is asked again with each message of the broker. */
  async hears(what: string, holds: () => boolean): Promise<void> {
    await within(patienceMs, what, this.subscriber.until(holds), this.#circumstances);
  }

  readonly #circumstances = (): Promise<string> => circumstances(this.machine, this.state);

  #states(from: number): StateDocument[] {
    return this.subscriber.heard
      .slice(from)
      .filter((message) => message.topic === `${topic}/state`)
      .map((message) => JSON.parse(message.payload) as StateDocument);
  }

  /** Messages that were heard so far: what comes later starts here. */
  get heard(): number {
    return this.subscriber.heard.length;
  }

  async order(design = 'red', count = 3): Promise<void> {
    await this.machine.must(`cupcheck order set ${design} --count ${count} --cups 100000`);
  }

  /** Brings everything around it to rest, and the station to where it waits for a cup; by the power switch where need be. */
  async rest(): Promise<void> {
    if (await this.#comesToRest()) return;
    this.keepEdges();
    await this.machine.cutPower();
    const from = this.heard;
    await this.machine.powerOn();
    await this.startBench();
    await this.ready(from);
    await this.check({ powerCut: true });
  }

  async #comesToRest(): Promise<boolean> {
    try {
      for (const command of ['stamps live', 'camera on', 'picture /host/cups/empty.jpg', 'sensor 0'])
        await this.bench.do(command);
      await this.broker.start();
      await this.machine.must('systemctl reset-failed; systemctl start cupcheck.target');
      await this.ready();
      return true;
    } catch {
      return false;
    }
  }

  /** Starts its service again, and returns when it is ready. */
  async restart(): Promise<void> {
    const from = this.heard;
    await this.machine.must('systemctl restart cupcheck-light.service cupcheck.service', { timeoutMs: 900_000 });
    await this.ready(from);
  }

  /** A fact of one of its units, such as NRestarts or MainPID. */
  async unit(name: string, property: string): Promise<string> {
    return (await this.machine.must(`systemctl show --value --property=${property} ${name}`)).trim();
  }

  /** Returns when systemd has started the unit again after `restarts` times. */
  async restarted(name: string, restarts: number): Promise<void> {
    const endMs = Date.now() + patienceMs;
    while (Number(await this.unit(name, 'NRestarts')) <= restarts) {
      if (Date.now() > endMs)
        throw new Error(`systemd did not start ${name} again within ${patienceMs} ms\n${await this.#circumstances()}`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  /** Puts a cup that is green under the camera. Returns when it is lit. */
  async lightGreen(): Promise<void> {
    await this.place(this.clean);
    await this.bench.until('green', patienceMs, () => this.bench.isOn('green'));
  }

  /** Puts a cup under the camera. Returns at once. */
  async place(picture: string): Promise<void> {
    await this.bench.do(`picture /host/cups/${picture}`);
    await this.bench.do('sensor 1');
  }

  /** Takes it away. Returns when the lamps are dark. */
  async take(): Promise<void> {
    await this.bench.do('picture /host/cups/empty.jpg');
    await this.bench.do('sensor 0');
    await this.bench.until('the lamps are dark', patienceMs, () => this.bench.dark);
  }

  /** The next result that is published. Call it before what brings it about. */
  async nextResult(): Promise<Result> {
    const before = this.published.length;
    await this.hears('a result is published', () => this.published.length > before);
    const result = this.published[before];
    if (result === undefined) throw new Error('a result was counted and is not there');
    return result;
  }

  /** One cup from its coming to its going. */
  async cup(picture: string): Promise<Result> {
    const next = this.nextResult();
    await this.place(picture);
    const result = await next;
    await this.take();
    return result;
  }

  /** Every row of the journal, oldest first. */
  async journal(): Promise<readonly Result[]> {
    const text = await this.machine.must('cupcheck journal query --json --limit 100000', { timeoutMs: patienceMs });
    const rows = text
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => JSON.parse(line) as Result | Result[]);
    return rows.toSorted((a, b) => a.seq - b.seq);
  }

  /**
   * Compares the rows and the lamps since the last call, and all rows with what the subscriber has.
   * Call it before the machine is started again (its clock begins anew), or with `powerCut` after it was.
   */
  async check({ powerCut = false }: { readonly powerCut?: boolean } = {}): Promise<string[]> {
    // Two at once: it is starting Node that takes the time.
    const [rows, verified] = await Promise.all([
      this.journal(),
      this.machine.run('cupcheck journal verify', { timeoutMs: patienceMs }),
    ]);
    const fresh = rows.filter(({ seq }) => seq > this.#checkedSeq);
    const edges = powerCut ? this.#edges.splice(0) : [...this.#edges.splice(0), ...this.bench.edges.splice(0)];
    this.#checkedSeq = rows.at(-1)?.seq ?? this.#checkedSeq;
    const complete = (): boolean =>
      rows.every(({ seq }) => seq <= this.#foundSeq || this.published.some((result) => result.seq === seq));
    await this.hears('every row is published', complete);
    return [
      ...contradictions({ rows: fresh, edges, settleMs, powerCut }),
      ...gaps(rows).map((seq) => `the journal has no cup ${seq}`),
      ...(verified.code === 0 ? [] : [`journal verify: ${verified.stdout}${verified.stderr}`]),
    ];
  }

  /** Takes a station as it is found on a disk that was kept. */
  async adopt(): Promise<void> {
    await this.configure();
    await this.restart();
    await this.order();
    this.#foundSeq = this.#checkedSeq = (await this.journal()).at(-1)?.seq ?? 0;
  }

  /** Keeps what the lamps did before the machine went down. */
  keepEdges(): void {
    this.#edges.push(...this.bench.edges.splice(0));
  }

  async remove(): Promise<void> {
    await this.machine.remove();
    await this.subscriber.stop();
    await this.broker.remove();
    rmSync(this.share, { recursive: true });
    if (keptDisk === undefined) rmSync(this.#disk, { force: true });
  }
}

const camera0 = { width: camera.width, height: camera.height };
const calibration = {
  schema: 1,
  pxPerMm: camera.pxPerMm,
  reference: 'empty.jpg',
  at: '2026-01-01T00:00:00.000Z',
  camera: camera0,
};
