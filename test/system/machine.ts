import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../fixtures/mosquitto.js';
import { RigTrouble } from './rig-trouble.js';

/** A guest in software emulation on a busy machine is slow to come up; one that takes longer than this never will. */
const bootMs = 300_000;
/** A guest that has not answered `true` for so long is lost. */
const answerMs = 120_000;
const commandMs = 120_000;
/** Its clock is looked at over this time, during which a busy host answers late. */
const clockLookMs = 2000;
const clockTolerance = 2.5;
/** Boots with a wrong clock that are tried again. */
const wrongClocks = 3;
const consoleKept = 20_000;

export interface MachineOptions {
  /** Folder of the built image: vmlinuz, initrd, guest-key. */
  readonly image: string;
  /** The root disk, qcow2. It keeps what was written: also over a power cut, where the guest had flushed it. */
  readonly disk: string;
  /** A folder of the host that the guest sees, read-only, as /host. */
  readonly share: string;
  /** Its processor; `image` is of the same. */
  readonly arch?: 'amd64' | 'arm64';
  /** Its battery-backed clock at power-on, UTC `2030-01-01T00:00:00`; the host's where not given. */
  readonly clock?: string;
}

export interface Ran {
  /** Exit status in the guest. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A virtual machine that runs the guest; commands go to it over SSH, as root. Errors of the rig: RigTrouble. */
export class Machine {
  readonly #options: MachineOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'cupcheck-machine-'));
  #qemu: ChildProcess | null = null;
  #line: ChildProcess | null = null;
  #port = 0;
  #console = '';
  #boots: string[] = [];
  readonly #booted = new Set<() => void>();

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  static async start(options: MachineOptions): Promise<Machine> {
    const machine = new Machine(options);
    await machine.powerOn();
    return machine;
  }

  /** What it wrote to its serial console last. */
  get console(): string {
    return this.#console;
  }

  /** Returns when commands can be run in it. One whose clock runs wrongly is switched off and on again. */
  async powerOn(): Promise<void> {
    for (let again = wrongClocks; ; again--) {
      await this.#switchOn();
      const speed = await this.#clockSpeed();
      if (speed > 1 / clockTolerance && speed < clockTolerance) return;
      const what = `the guest's clock runs ${speed.toFixed(1)} times as fast as it must`;
      if (again === 0) throw this.#trouble(what);
      console.log(`machine: ${what}: trouble of the rig, it is switched off and on again`);
      await this.cutPower();
    }
  }

  async #switchOn(): Promise<void> {
    const { image, disk, share, clock, arch = 'amd64' } = this.#options;
    const { processor, serial } = boards[arch];
    this.#port = await freePort();
    const qemu = [
      processor,
      ['-accel', 'tcg,thread=multi,tb-size=512'],
      ['-smp', '2', '-m', '2048', '-nodefaults', '-no-user-config', '-display', 'none'],
      ['-rtc', `base=${clock ?? 'utc'}`],
      ['-kernel', join(image, 'vmlinuz'), '-initrd', join(image, 'initrd'), '-append', kernelArguments(serial)],
      ['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
      // Flushes reach the host's memory, which a cut of the guest's power leaves alone; what was not flushed is lost.
      ['-drive', `if=none,id=root,file=${disk},format=qcow2,cache=unsafe`, '-device', 'virtio-blk-pci,drive=root'],
      ['-fsdev', `local,id=share,path=${share},security_model=none,readonly=on`],
      ['-device', 'virtio-9p-pci,fsdev=share,mount_tag=share'],
      ['-fsdev', `local,id=repository,path=${repository},security_model=none,readonly=on`],
      ['-device', 'virtio-9p-pci,fsdev=repository,mount_tag=repository'],
      ['-netdev', `user,id=net,hostfwd=tcp:127.0.0.1:${this.#port}-:22`, '-device', 'virtio-net-pci,netdev=net'],
      ['-device', 'virtio-rng-pci'],
    ].flat();
    // The guest must not outlive a killed test run.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...qemu], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#qemu = child;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => this.#heard(String(chunk)));
    child.on('error', (error) => this.#heard(`${error.message}\n`));
    child.on('exit', () => this.#wake());
    await this.#comesUp(this.#boots.length);
  }

  /** @param command a line for the guest's shell. */
  async run(command: string, { timeoutMs = commandMs }: { readonly timeoutMs?: number } = {}): Promise<Ran> {
    const child = this.open(command);
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (chunk: Buffer) => (stdout += String(chunk)));
    child.stderr?.on('data', (chunk: Buffer) => (stderr += String(chunk)));
    child.stdin?.end();
    const closed = once(child, 'close') as Promise<[number | null]>;
    const timer = setTimeout(() => child.kill(), timeoutMs);
    const [code] = await closed;
    clearTimeout(timer);
    if (code === null) {
      await this.#requireAnswer();
      throw new Error(`not within ${timeoutMs} ms in the guest: ${command}\n${stdout}${stderr}`);
    }
    if (code === 255) throw this.#trouble(`the line to the guest broke during "${command}": ${stderr}`);
    return { code, stdout, stderr };
  }

  /** Runs a command that must end with 0. Returns what it printed. */
  async must(command: string, options: { readonly timeoutMs?: number } = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, options);
    if (code !== 0) throw new Error(`ended with ${code} in the guest: ${command}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Copies a file of the host into the guest, over its line. */
  async send(from: string, to: string): Promise<void> {
    const child = this.open(`cat >${to}`);
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += String(chunk)));
    child.stdin?.on('error', (error) => (said += error.message));
    child.stdin?.end(readFileSync(from));
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw this.#trouble(`${from} does not reach the guest: ${said}`);
  }

  /** Starts a command that goes on; its streams are those of the child. */
  open(command: string): ChildProcess {
    return spawn('ssh', [...this.#ssh(), 'guest', command], { stdio: ['pipe', 'pipe', 'pipe'] });
  }

  /** Takes the power away, as if its plug were pulled. */
  async cutPower(): Promise<void> {
    await end(this.#qemu, 'SIGKILL');
    this.#qemu = null;
    await end(this.#line, 'SIGKILL');
    this.#line = null;
  }

  /** Starts again in the guest's own way. Returns when commands can be run in it. */
  async reboot(): Promise<void> {
    const before = this.#boots.length;
    await this.run('systemctl --no-block reboot').catch((error: unknown) => {
      // It may be gone before it has answered.
      if (!(error instanceof RigTrouble)) throw error;
    });
    await this.#comesUp(before);
  }

  /** Shuts down in the guest's own way. */
  async shutDown(): Promise<void> {
    const qemu = this.#qemu;
    if (qemu === null) return;
    const exited = once(qemu, 'exit');
    await this.run('systemctl --no-block poweroff').catch((error: unknown) => {
      if (!(error instanceof RigTrouble)) throw error;
    });
    await Promise.race([exited, rejectAfter(bootMs, () => this.#trouble('the guest does not shut down'))]);
    await this.cutPower();
  }

  /** Ends it and forgets it; the disk is left. */
  async remove(): Promise<void> {
    await this.cutPower();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #ssh(): string[] {
    const options = ['BatchMode=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'];
    const all = [...options, 'HostName=127.0.0.1', 'User=root', `ControlPath=${join(this.#folder, 'line')}`];
    const flags = all.flatMap((option) => ['-o', option]);
    return ['-F', 'none', '-i', join(this.#options.image, 'guest-key'), '-p', String(this.#port), ...flags];
  }

  /** Waits for the boot after the first `before` ones, and opens the line. */
  async #comesUp(before: number): Promise<void> {
    await Promise.race([
      new Promise<void>((resolve, reject) => {
        const look = (): void => {
          const gone = this.#qemu === null || this.#qemu.exitCode !== null || this.#qemu.signalCode !== null;
          if (this.#boots.length > before) resolve();
          else if (gone) reject(this.#trouble('the virtual machine ended'));
          else return;
          this.#booted.delete(look);
        };
        this.#booted.add(look);
        look();
      }),
      rejectAfter(bootMs, () => this.#trouble(`the guest is not up within ${bootMs} ms`)),
    ]);
    await end(this.#line, 'SIGKILL');
    rmSync(join(this.#folder, 'line'), { force: true });
    // All commands share this line: to agree on keys takes the guest a second or two.
    this.#line = spawn('ssh', [...this.#ssh(), '-o', 'ControlMaster=yes', '-N', 'guest'], { stdio: 'ignore' });
    await this.#requireAnswer();
  }

  /** @throws RigTrouble where the guest runs nothing any more. */
  async #requireAnswer(): Promise<void> {
    const endMs = Date.now() + answerMs;
    while (Date.now() < endMs) {
      const child = spawn('ssh', [...this.#ssh(), '-o', 'ControlMaster=no', 'guest', 'true'], { stdio: 'ignore' });
      const timer = setTimeout(() => child.kill(), answerMs);
      const [code] = (await once(child, 'close')) as [number | null];
      clearTimeout(timer);
      if (code === 0) return;
      if (this.#qemu?.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    throw this.#trouble('the guest does not answer');
  }

  /**
   * How fast its clock runs, by that of the host. A kernel that finds out the frequency of its counter while the host has no time for it
   * is wrong for good: then seconds pass for watchdogs in which nothing could be done.
   */
  async #clockSpeed(): Promise<number> {
    const look = async () => {
      const before = performance.now();
      const uptimeS = Number((await this.must('cat /proc/uptime')).split(' ')[0]);
      return { uptimeS, hostS: (before + performance.now()) / 2000 };
    };
    const first = await look();
    await new Promise((resolve) => setTimeout(resolve, clockLookMs));
    const second = await look();
    return (second.uptimeS - first.uptimeS) / (second.hostS - first.hostS);
  }

  #heard(text: string): void {
    const upBefore = this.#boots.length;
    this.#console += text;
    this.#boots = [...this.#boots, ...newBoots(this.#console, this.#boots)];
    this.#console = this.#console.slice(-consoleKept);
    if (this.#boots.length > upBefore) this.#wake();
  }

  #wake(): void {
    for (const look of this.#booted) look();
  }

  #trouble(what: string): RigTrouble {
    return new RigTrouble(`${what}; its console ends with:\n${this.#console.slice(-2000)}`);
  }
}

/** This checkout, which the guest sees, read-only, as /repository. */
const repository = fileURLToPath(new URL('../..', import.meta.url));

const boards = {
  amd64: { processor: ['qemu-system-x86_64', '-machine', 'q35', '-cpu', 'max'], serial: 'ttyS0' },
  // The processor of a Jetson Nano's age: no newer instructions than any Jetson has.
  arm64: {
    processor: ['qemu-system-aarch64', '-machine', 'virt,gic-version=3', '-cpu', 'cortex-a57'],
    serial: 'ttyAMA0',
  },
} as const;

const kernelArguments = (serial: string): string =>
  [
    `console=${serial} quiet loglevel=4 rw panic=-1 mitigations=off audit=0 net.ifnames=0`,
    'random.trust_cpu=on tsc=reliable systemd.show_status=0',
  ].join(' ');

/** Each boot has an id of its own, which the guest tells when it is up. */
function newBoots(console: string, known: readonly string[]): string[] {
  return [...console.matchAll(/guest is up: ([0-9a-f-]{36})/g)]
    .map(([, id]) => id ?? '')
    .filter((id) => !known.includes(id));
}

async function end(child: ChildProcess | null, signal: NodeJS.Signals): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

function rejectAfter(ms: number, error: () => Error): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(error()), ms).unref();
  });
}
