import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { powerMode, temperature } from '../../../src/cli/doctor/board.js';
import { devices, groupOfUser } from '../../../src/cli/doctor/devices.js';
import { providers } from '../../../src/cli/doctor/providers.js';
import { SystemRoot } from '../../../src/cli/system-root.js';
import type { Config } from '../../../src/daemon/config/schema.js';

let folder: string;
let root: SystemRoot;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-doctor-'));
  root = new SystemRoot(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Lays files below the root: path → content, all with one mode. */
function lay(files: Readonly<Record<string, string>>, mode = 0o644): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
    chmodSync(join(folder, path), mode);
  }
}

const jetson = { 'proc/device-tree/compatible': 'nvidia,p3768-0000+p3767-0005\0nvidia,p3767-0005\0nvidia,tegra234\0' };
const modes =
  '# modes\n< POWER_MODEL ID=0 NAME=15W >\n< POWER_MODEL ID=1 NAME=25W >\n< POWER_MODEL ID=2 NAME=MAXN_SUPER >\n';

describe('doctor on the board', () => {
  const zone = (milli: number) => lay({ 'sys/class/thermal/thermal_zone0/temp': `${milli}\n` });

  it('judges the hottest sensor', async () => {
    expect(await temperature(root)).toMatchObject({ state: 'ok', detail: 'this machine has no sensor' });
    zone(56_000);
    lay({ 'sys/class/thermal/thermal_zone1/temp': '-256000\n' });
    expect(await temperature(root)).toMatchObject({ state: 'ok', detail: '56 °C at the hottest sensor' });
    zone(81_000);
    expect(await temperature(root)).toMatchObject({ state: 'warn' });
    zone(96_000);
    expect(await temperature(root)).toMatchObject({ state: 'fail' });
  });

  it('warns of a board that is slowed down for heat, however cool it is by now', async () => {
    zone(60_000);
    lay({
      'sys/class/thermal/cooling_device0/type': 'cpufreq-cpu0\n',
      'sys/class/thermal/cooling_device0/cur_state': '3\n',
    });
    expect(await temperature(root)).toMatchObject({
      state: 'warn',
      detail: expect.stringContaining('slowed') as string,
    });
  });

  it('reads the power mode of a Jetson, and names the fastest', async () => {
    lay({ ...jetson, 'etc/nvpmodel.conf': modes });
    expect(await powerMode(root)).toMatchObject({ state: 'warn', detail: 'nvpmodel does not say it' });
    lay({ 'var/lib/nvpmodel/status': 'pmode:0001\n' });
    expect(await powerMode(root)).toMatchObject({
      state: 'warn',
      detail: '25W (nvpmodel 1), not the fastest',
      help: expect.stringContaining('nvpmodel -m 2') as string,
    });
    lay({ 'var/lib/nvpmodel/status': 'pmode:0002\n' });
    expect(await powerMode(root)).toMatchObject({ state: 'ok', detail: 'MAXN_SUPER (nvpmodel 2)' });
  });

  it('reads the governor elsewhere; powersave is slow but for drivers that range in it', async () => {
    const cpu = (governor: string, driver: string) =>
      lay({
        'sys/devices/system/cpu/cpu0/cpufreq/scaling_governor': `${governor}\n`,
        'sys/devices/system/cpu/cpu0/cpufreq/scaling_driver': `${driver}\n`,
      });
    expect(await powerMode(root)).toMatchObject({ state: 'ok', detail: 'the system does not scale the processor' });
    cpu('schedutil', 'cpufreq-dt');
    expect(await powerMode(root)).toMatchObject({ state: 'ok', detail: 'governor schedutil' });
    cpu('powersave', 'cpufreq-dt');
    expect(await powerMode(root)).toMatchObject({ state: 'warn' });
    cpu('powersave', 'intel_pstate');
    expect(await powerMode(root)).toMatchObject({ state: 'ok' });
  });
});

describe('doctor on devices', () => {
  const gid = process.getgid?.() ?? 0;
  const config = (camera: string, trigger: string, light: string, device = '/dev/video0') =>
    ({
      camera: { driver: camera, v4l2: { device } },
      trigger: { driver: trigger },
      light: { driver: light },
    }) as Config;
  const real = config('v4l2', 'gpiochip', 'gpiochip');
  const found = async (of = real) => (await devices(of, root)).map(({ check, state }) => [check, state]);
  /** The services' users; files that the test makes belong to the groups of cameras and lines. */
  const installed = {
    'etc/passwd':
      'root:x:0:0::/root:/bin/sh\ncupcheck:x:990:990::/:/bin/false\ncupcheck-light:x:991:991::/:/bin/false\n',
    'etc/group': `cupcheck:x:990:\ncupcheck-light:x:991:\nvideo:x:${gid}:\ngpio:x:${gid}:\n`,
  };

  it('asks for none that are simulated', async () => {
    expect(await found(config('replay', 'scripted', 'terminal'))).toEqual([]);
  });

  it('says which are absent', async () => {
    expect(await found()).toEqual([
      ['camera device', 'fail'],
      ['trigger lines', 'fail'],
      ['light lines', 'fail'],
    ]);
    expect(await found(config('replay', 'sysfs', 'sysfs'))).toEqual([['sysfs lines', 'fail']]);
    lay({ 'sys/class/gpio/export': '' });
    expect(await found(config('replay', 'sysfs', 'sysfs'))).toEqual([['sysfs lines', 'ok']]);
  });

  const stable = '/dev/v4l/by-id/usb-HD-index0';
  const plugIn = (): void => {
    lay({ ...installed, 'sys/class/video4linux/video0/name': 'HD Camera\n' });
    lay({ 'dev/video0': '', 'dev/gpiochip0': '' }, 0o660);
    mkdirSync(join(folder, dirname(stable)), { recursive: true });
    symlinkSync('../../video0', join(folder, stable));
  };

  it('names a camera, and its stable name', async () => {
    plugIn();
    const [camera, ...lines] = await devices(real, root);
    const title = `/dev/video0 (HD Camera, to be found by ${stable})`;
    expect(camera).toMatchObject({ state: 'ok', detail: title });
    expect(lines.map(({ state }) => state)).toEqual(['ok', 'ok']);
    const [byName] = await devices(config('v4l2', 'scripted', 'terminal', stable), root);
    expect(byName).toMatchObject({ state: 'ok', detail: `${stable}: ${title}` });
  });

  it('says where the configured camera is not among them', async () => {
    plugIn();
    const [camera] = await devices(config('v4l2', 'scripted', 'terminal', '/dev/video3'), root);
    expect(camera).toMatchObject({
      state: 'fail',
      detail: expect.stringContaining('/dev/video3 is not there; there is /dev/video0 (HD Camera') as string,
    });
  });

  it('asks nothing of nodes that the station does not use', async () => {
    plugIn();
    lay({ 'dev/video1': '' }, 0o600);
    expect(await found(config('v4l2', 'scripted', 'terminal'))).toEqual([['camera device', 'ok']]);
  });

  it('tells whom the nodes do not let in', async () => {
    lay({ ...installed });
    lay({ 'dev/video0': '', 'dev/gpiochip0': '' }, 0o600);
    expect(await found()).toEqual([
      ['camera device', 'ok'],
      ['camera permission', 'fail'],
      ['trigger lines', 'fail'],
      ['light lines', 'fail'],
    ]);
    const [, camera, , light] = await devices(real, root);
    expect(camera?.detail).toContain('cupcheck may not open /dev/video0');
    expect(camera?.help).toContain('udevadm trigger');
    expect(light?.detail).toContain('cupcheck-light may not open /dev/gpiochip0');
  });

  it('leaves a chip alone that nobody needs to open', async () => {
    lay({ ...installed });
    lay({ 'dev/gpiochip0': '' }, 0o600);
    lay({ 'dev/gpiochip1': '' }, 0o660);
    expect(await found(config('replay', 'gpiochip', 'terminal'))).toEqual([['trigger lines', 'ok']]);
  });

  it('tells a person who is in no group of the socket', async () => {
    lay(installed);
    const control = { control: { group: 'cupcheck' } } as Config;
    expect(await groupOfUser(control, root, 1000, [1000])).toMatchObject([
      { state: 'warn', help: expect.stringContaining('usermod -aG cupcheck') as string },
    ]);
    expect(await groupOfUser(control, root, 1000, [1000, 990])).toEqual([]);
    expect(await groupOfUser(control, root, 0, [])).toEqual([]);
  });
});

describe('doctor on providers', () => {
  const config = (order: readonly string[], require: string | null = null) =>
    ({ providers: { order, require } }) as Config;
  const cpuOnly = () => Promise.resolve(['cpu']);
  const found = async (of: Config, has = cpuOnly) =>
    (await providers(of, root, has)).map(({ check, state }) => [check, state]);

  it('warns of one that this onnxruntime does not have, and fails where it is required', async () => {
    expect(await found(config(['cpu']))).toEqual([['providers', 'ok']]);
    expect(await found(config(['tensorrt', 'cpu']))).toEqual([['providers', 'warn']]);
    expect(await found(config(['tensorrt', 'cpu'], 'tensorrt'))).toEqual([['providers', 'fail']]);
  });

  it('asks on a Jetson for the drop-in that opens the GPU', async () => {
    lay(jetson);
    const all = () => Promise.resolve(['cpu', 'cuda', 'tensorrt']);
    expect(await found(config(['cpu']), all)).toEqual([['providers', 'ok']]);
    expect(await found(config(['tensorrt', 'cpu']), all)).toEqual([
      ['providers', 'ok'],
      ['GPU devices', 'warn'],
    ]);
    lay({ 'etc/systemd/system/cupcheck.service.d/jetson-gpu.conf': '[Service]\nDeviceAllow=/dev/nvmap rw\n' });
    expect(await found(config(['tensorrt', 'cpu']), all)).toEqual([['providers', 'ok']]);
  });

  it('asks the onnxruntime that is installed', async () => {
    expect(await providers(config(['cpu']), root)).toMatchObject([{ state: 'ok' }]);
  });
});
