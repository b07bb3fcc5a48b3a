import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Machine } from './machine.js';
import { RigTrouble } from './rig-trouble.js';
import { camera } from './cups.js';
import { within } from './within.js';

/** Offsets on the guest's GPIO chip (image/guest/usr/local/sbin/guest-board). */
const sensor = 17;
const lamps = { green: 22, amber: 27 } as const;
export type Lamp = keyof typeof lamps;

/** A lamp that went on or off, seen at its line. */
export interface LampEdge {
  /** CLOCK_MONOTONIC of the guest; looked at every few milliseconds. */
  readonly atNs: bigint;
  readonly lamp: Lamp;
  readonly on: boolean;
}

export interface BenchOptions {
  /** The bench's program and the pictures, as the guest sees them. */
  readonly program: string;
  readonly fps: number;
  /** Told where something is not seen in time. */
  readonly circumstances: () => Promise<string>;
}

/** The host's end of `bench/bench.c`: what stands around the station. It ends with its machine. */
export class Bench {
  /** Since it was started, in order. */
  readonly edges: LampEdge[] = [];
  readonly #child: ChildProcess;
  readonly #circumstances: () => Promise<string>;
  readonly #replies: string[] = [];
  readonly #waits = new Set<() => void>();
  #said = '';
  #ended = false;

  private constructor(child: ChildProcess, circumstances: () => Promise<string>) {
    this.#child = child;
    this.#circumstances = circumstances;
  }

  /** Starts with both lamps seen, no cup at the sensor, and the camera off. */
  static async start(machine: Machine, { program, fps, circumstances }: BenchOptions): Promise<Bench> {
    const place = [
      '/dev/video0',
      camera.width,
      camera.height,
      fps,
      '/run/station-gpio/',
      sensor,
      ...Object.values(lamps),
    ];
    const bench = new Bench(machine.open(`exec ${program} ${place.join(' ')}`), circumstances);
    bench.#listen();
    await bench.do('sensor 0');
    return bench;
  }

  /** @throws where the bench cannot do it */
  async do(command: string): Promise<void> {
    this.#child.stdin?.write(`${command}\n`);
    const reply = await this.#until(`the bench did "${command}"`, 60_000, () => this.#replies.shift());
    if (!reply.startsWith('ok ')) throw new RigTrouble(`the bench: ${reply}`);
  }

  isOn(lamp: Lamp): boolean {
    return this.edges.findLast((edge) => edge.lamp === lamp)?.on ?? false;
  }

  get dark(): boolean {
    return !this.isOn('green') && !this.isOn('amber');
  }

  /** Returns when `holds`, which is asked again at each edge. */
  async until(what: string, timeoutMs: number, holds: () => boolean): Promise<void> {
    await this.#until(what, timeoutMs, () => (holds() ? true : undefined));
  }

  /** The fault's light: amber that goes on and off. */
  async blinking(timeoutMs: number): Promise<void> {
    const from = this.edges.length;
    const changes = (): number => this.edges.slice(from).filter(({ lamp }) => lamp === 'amber').length;
    await this.until('amber blinks', timeoutMs, () => changes() >= 4);
  }

  stop(): void {
    this.#child.kill();
  }

  #listen(): void {
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error('the bench has no output');
    createInterface({ input: stdout }).on('line', (line) => this.#heard(line));
    stderr.on('data', (chunk: Buffer) => (this.#said += String(chunk)));
    this.#child.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
    this.#child.stdin?.on('error', () => undefined);
  }

  #heard(line: string): void {
    const [ns = '', kind = '', ...rest] = line.split(' ');
    if (kind === 'line') {
      const lamp = Number(rest[0]) === lamps.green ? 'green' : 'amber';
      this.edges.push({ atNs: BigInt(ns), lamp, on: rest[1] === '1' });
    } else this.#replies.push([kind, ...rest].join(' '));
    this.#wake();
  }

  #wake(): void {
    for (const look of this.#waits) look();
  }

  #until<T>(what: string, timeoutMs: number, find: () => T | undefined): Promise<T> {
    let look = (): void => undefined;
    const found = new Promise<T>((resolve, reject) => {
      look = () => {
        const value = find();
        if (value !== undefined) resolve(value);
        else if (this.#ended) reject(new RigTrouble(`the bench ended before ${what}: ${this.#said}`));
      };
      this.#waits.add(look);
      look();
    });
    return within(timeoutMs, what, found, this.#circumstances).finally(() => this.#waits.delete(look));
  }
}
