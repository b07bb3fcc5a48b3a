import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LoadedConfig, loadConfig } from '../../../src/daemon/config/load.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-config-'));
  file = join(folder, 'config.yaml');
});
afterEach(() => rmSync(folder, { recursive: true }));

const load = (yaml: string, env: NodeJS.ProcessEnv = {}, set: string[] = []): LoadedConfig => {
  writeFileSync(file, yaml);
  return loadConfig(file, env, set);
};
const problems = (loaded: LoadedConfig): string[] => {
  if (loaded.ok) throw new Error('the config was accepted');
  for (const problem of loaded.problems) expect(problem.code).toBe('CONFIG_INVALID');
  return loaded.problems.map((problem) => problem.message);
};
const right = (loaded: LoadedConfig): Extract<LoadedConfig, { ok: true }> => {
  if (!loaded.ok) throw new Error(loaded.problems.map(String).join('\n'));
  return loaded;
};
const origin = (loaded: LoadedConfig, name: string) => loaded.values.find((value) => value.name === name)?.origin;

describe('a config that holds', () => {
  it('is the defaults where the file is empty', () => {
    const loaded = right(load(''));
    expect(loaded.config.station).toMatchObject({
      name: 'station-1',
      mode: 'confirm',
      deadlineMs: 1000,
      settleMs: 150,
      showMs: 3000,
      count: null,
    });
    expect(loaded.config.light.socket).toBe('/run/cupcheck-light/light.sock');
    expect(loaded.config.journal.path).toBe('/var/lib/cupcheck/journal.db');
    expect(origin(loaded, 'station.name')).toEqual({ from: 'default' });
  });

  it('may be absent at the default place only', () => {
    const [problem] = problems(loadConfig(join(folder, 'absent.yaml'), {}));
    expect(problem).toContain('absent.yaml cannot be read: there is no such file');
    expect(problems(loadConfig(undefined, { CUPCHECK_CONFIG: join(folder, 'absent.yaml') }))).toHaveLength(1);
  });

  it('takes the command line over the environment over the file, and says so', () => {
    const loaded = right(
      load(
        'station:\n  name: from-file\n  deadlineMs: 900\n  settleMs: 100\n',
        {
          CUPCHECK_STATION_DEADLINE_MS: '800',
          CUPCHECK_STATION_SETTLE_MS: '90',
        },
        ['station.settleMs=80'],
      ),
    );
    expect(loaded.config.station).toMatchObject({ name: 'from-file', deadlineMs: 800, settleMs: 80 });
    expect(origin(loaded, 'station.name')).toEqual({ from: 'file', path: file, line: 2 });
    expect(origin(loaded, 'station.deadlineMs')).toEqual({
      from: 'environment',
      variable: 'CUPCHECK_STATION_DEADLINE_MS',
    });
    expect(origin(loaded, 'station.settleMs')).toEqual({ from: 'command line' });
  });

  it('takes the controls of a camera as a list, in a file and in the environment', () => {
    const inFile = right(load('camera:\n  v4l2:\n    controls: [auto_exposure=Manual Mode, gain=4]\n'));
    expect(inFile.config.camera.v4l2.controls).toEqual(['auto_exposure=Manual Mode', 'gain=4']);
    const inEnvironment = right(load('', { CUPCHECK_CAMERA_V4L2_CONTROLS: 'auto_exposure=1, gain=4' }));
    expect(inEnvironment.config.camera.v4l2.controls).toEqual(['auto_exposure=1', 'gain=4']);
    for (const wrong of [
      '[gain]',
      '[gain=]',
      '["Gain=4"]',
      '[gain=4, gain=5]',
      '["gain=4\\nfocus=1"]',
      'gain=4',
      '[4]',
    ])
      expect(problems(load(`camera:\n  v4l2:\n    controls: ${wrong}\n`))[0]).toContain('name=value, each name once');
  });

  it('cannot be changed', () => {
    const { config } = right(load(''));
    expect(() => Object.assign(config.camera.replay, { empty: '/x' })).toThrow(TypeError);
  });

  it('has a digest of the values, not of where they were set', () => {
    const inFile = right(load('station:\n  deadlineMs: 900\n'));
    const inEnvironment = right(load('# nothing\n', { CUPCHECK_STATION_DEADLINE_MS: '900' }));
    expect(inEnvironment.sha256).toBe(inFile.sha256);
    expect(right(load('')).sha256).not.toBe(inFile.sha256);
  });

  it('starts relative paths at the folder of the file, and the state at state.path', () => {
    const { config } = right(load('state:\n  path: state\nbundle:\n  path: ../bundle\nimages:\n  path: pictures\n'));
    expect(config.bundle.path).toBe(join(folder, '..', 'bundle'));
    expect(config.journal.path).toBe(join(folder, 'state', 'journal.db'));
    expect(config.images.path).toBe(join(folder, 'state', 'pictures'));
    const { config: fromShell } = right(load('', { CUPCHECK_BUNDLE_PATH: 'bundle' }));
    expect(fromShell.bundle.path).toBe(join(process.cwd(), 'bundle'));
  });

  it('takes words that look like numbers, and lists', () => {
    const { config } = right(load('station:\n  name: 12\nmqtt:\n  protocol: 5\nproviders:\n  order: [cuda, cpu]\n'));
    expect(config.station.name).toBe('12');
    expect(config.mqtt.protocol).toBe('5');
    expect(config.providers.order).toEqual(['cuda', 'cpu']);
    expect(right(load('', { CUPCHECK_PROVIDERS_ORDER: 'tensorrt, cpu' })).config.providers.order).toEqual([
      'tensorrt',
      'cpu',
    ]);
  });
});

describe('a config that does not hold', () => {
  it('names the nearest key and the line of an unknown one', () => {
    expect(problems(load('# a station\nstation:\n  deadlinMs: 900\n'))).toEqual([
      `${file}:3: unknown key station.deadlinMs; did you mean station.deadlineMs?`,
    ]);
    expect(problems(load('stattion:\n  name: x\n'))).toEqual([
      `${file}:1: unknown key stattion; did you mean station?`,
    ]);
    expect(problems(load('deadlineMs: 900\n'))[0]).toContain('did you mean station.deadlineMs?');
    expect(problems(load('wholly_other: 1\n'))[0]).toContain('see cupcheck config docs');
  });

  it('names key, value, origin and what is allowed, all problems at once', () => {
    const found = problems(
      load(
        'station:\n  deadlineMs: soon\n  mode: both\n  settleMs: "150"\nlight:\n  leaseMs: 9999999\n',
        {
          CUPCHECK_AUDIT_SHARE: '2',
          CUPCHECK_MQTT_ENABLED: 'yes',
        },
        ['camera.fps=1.5', 'camera.fsp=3', 'nothing'],
      ),
    );
    expect(found).toEqual([
      'command line: unknown key camera.fsp; did you mean camera.fps?',
      'command line: --set nothing: write key=value',
      `${file}:2: station.deadlineMs is "soon", allowed is a whole number from 200 to 10000 ms`,
      `${file}:3: station.mode is "both", allowed is one of confirm, identify`,
      `${file}:4: station.settleMs is "150", allowed is a whole number from 0 to 2000 ms`,
      `${file}:6: light.leaseMs is 9999999, allowed is a whole number from 100 to 5000 ms`,
      'environment CUPCHECK_AUDIT_SHARE: audit.share is 2, allowed is a number from 0 to 1',
      'environment CUPCHECK_MQTT_ENABLED: mqtt.enabled is "yes", allowed is true or false',
      'command line: camera.fps is 1.5, allowed is a whole number from 1 to 120 frames a second',
    ]);
  });

  it('names a variable that misses a key by a letter, and leaves others alone', () => {
    expect(problems(load('', { CUPCHECK_STATON_NAME: 'x' }))).toEqual([
      'environment CUPCHECK_STATON_NAME: no key has this variable; did you mean CUPCHECK_STATION_NAME?',
    ]);
    right(load('', { CUPCHECK_DATA: '/data', CUPCHECK_STATION_NAME: '' }));
  });

  it('refuses what does not fit together, with the values', () => {
    expect(problems(load('light:\n  leaseMs: 300\n  renewMs: 200\n'))).toEqual([
      `${file}:3, ${file}:2: light.renewMs (200) must be at most half of light.leaseMs (300)`,
    ]);
    expect(problems(load('camera:\n  driver: replay\n'))[0]).toContain('needs camera.replay.empty');
    expect(problems(load(`control:\n  socket: /${'x'.repeat(120)}\n`))[0]).toContain('allowed are 107');
    expect(problems(load('mqtt:\n  cert: a.pem\n'))[0]).toContain('go together');
    expect(problems(load('camera:\n  v4l2:\n    format: yuyv\n    width: 1920\n    height: 1080\n'))[0]).toContain(
      'camera.slotBytes (4194304) must be 6220800 for pictures of 1920×1080 in yuyv',
    );
    expect(problems(load('camera:\n  v4l2:\n    format: nv12\n    width: 640\n    height: 481\n'))[0]).toContain(
      '(640×481) must be even in nv12',
    );
  });

  it.each([
    ['light:\n  gpio: {green: A, amber: A}\n', 'light.gpio.green and light.gpio.amber are both A'],
    [
      'light:\n  gpio: {green: CUP_SENSOR}\n',
      'light.gpio.green and trigger.gpio.line are both CUP_SENSOR of gpiochip0',
    ],
    [
      'light:\n  gpio: {amber: CUP_SENSOR}\n',
      'light.gpio.amber and trigger.gpio.line are both CUP_SENSOR of gpiochip0',
    ],
    ['trigger:\n  kind: edge_only\n  dwellMs: 200\n', 'trigger.dwellMs (200) needs trigger.kind level'],
    ['trigger:\n  driver: sysfs\n', 'needs trigger.sysfs.line'],
    ['light:\n  driver: sysfs\n  sysfs: {green: 5}\n', 'needs light.sysfs.green and light.sysfs.amber'],
    ['light:\n  sysfs: {green: 5, amber: 6}\ntrigger:\n  sysfs: {line: 5}\n', 'three lines, not 5, 6, 5'],
    [
      'trigger:\n  driver: camera\n  kind: edge_only\n  camera: {empty: a.jpg}\n',
      'trigger.driver camera needs trigger.kind level',
    ],
    ['trigger:\n  camera: {enter: 5, leave: 5}\n', 'trigger.camera.leave (5) must be below trigger.camera.enter (5)'],
    ['trigger:\n  camera: {enter: 7, still: 7}\n', 'trigger.camera.still (7) must be below trigger.camera.enter (7)'],
  ])('refuses lines, levels and drivers that do not fit together: %j', (yaml, message) => {
    expect(problems(load(yaml)).join('\n')).toContain(message);
  });

  it('takes the same name on two chips for two lines, and a number for an offset', () => {
    right(load('light:\n  gpio: {chip: expander, green: CUP_SENSOR}\n'));
    expect(right(load('trigger:\n  gpio: {line: 17}\n')).config.trigger.gpio.line).toBe('17');
  });

  it('never shows a password', () => {
    const found = problems(load('mqtt:\n  url: mqtt://joe:secret@broker\n')).join();
    expect(found).toContain('mqtt.url is "mqtt://…@broker"');
    expect(found).not.toContain('secret');
  });

  it('refuses what is not a map of known keys, each once', () => {
    expect(problems(load('station:\n  name: a\n  name: b\n'))).toEqual([
      `${file}:3: this key is there twice; keep one`,
    ]);
    expect(problems(load('station: [1, 2]\n'))[0]).toContain('station is a section');
    expect(problems(load('- a\n'))[0]).toContain('a config is a map of sections');
    expect(problems(load('station:\n  name: &n a\nmqtt:\n  username: *n\n'))[0]).toContain('aliases');
    expect(problems(load('station:\n  name: {a: 1}\n'))[0]).toContain('a value, not a section');
    expect(problems(load('station:\n\tname: x\n'))[0]).toContain(`${file}:2: not valid YAML`);
    expect(problems(load('__proto__:\n  polluted: 1\n'))[0]).toContain('unknown key');
    expect(problems(load('a: 1\n---\nb: 2\n'))).not.toEqual([]);
  });

  it('refuses a file that is too large, nested without end, or not text', () => {
    expect(problems(load(`#${'x'.repeat(70_000)}`))[0]).toContain('allowed are 65536');
    expect(problems(load('['.repeat(60_000)))).not.toEqual([]);
    writeFileSync(file, Buffer.from([0xff, 0xfe, 0x00]));
    expect(problems(loadConfig(file, {}))[0]).toContain('cannot be read');
    expect(problems(loadConfig(folder, {}))[0]).toContain('it is not a file');
  });

  it('leaves enough to tell it: right values as given, defaults for wrong ones, no broker where mqtt is wrong', () => {
    const loaded = load('station:\n  name: press-3\n  mode: both\nmqtt:\n  enabled: true\n  url: mqtt://broker\n');
    if (loaded.ok) throw new Error('the config was accepted');
    expect(loaded.partial.station).toMatchObject({ name: 'press-3', mode: 'confirm' });
    expect(loaded.partial.mqtt).toMatchObject({ enabled: true, url: 'mqtt://broker' });
    for (const key of ['url: broker', 'usrname: joe', 'cert: a.pem']) {
      const wrong = load(`mqtt:\n  enabled: true\n  ${key}\n`);
      expect(wrong.ok ? null : wrong.partial.mqtt.enabled, key).toBe(false);
    }
    const elsewhere = load('mqtt:\n  enabled: true\nstation:\n  nam: x\n');
    expect(elsewhere.ok ? null : elsewhere.partial.mqtt.enabled).toBe(true);
    const misfit = load('light:\n  leaseMs: 9999999\n  renewMs: 500\n');
    expect(misfit.ok ? null : misfit.partial.light).toMatchObject({ leaseMs: 600, renewMs: 200 });
  });
});
