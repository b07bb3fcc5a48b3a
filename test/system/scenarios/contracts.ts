import type { SystemStation } from '../station.js';
import type { Scenario } from './scenario.js';

const node = '/usr/lib/cupcheck/bin/node';
const chip = '/sys/kernel/config/gpio-sim/contract';
const vivid = '/sys/bus/platform/drivers/vivid';

/** As it comes, vivid stamps a frame with the end of its period, which is still to come when the frame does. */
const stampAtExposure = 'v4l2-ctl --device /dev/video20 --set-ctrl timestamp_source=1';

/** The host compiled it for another Node; the package brings it for its own. */
const epoll = 'node_modules/epoll';

/** A GPIO chip of their own: the station's is in use. */
const chipForContracts = [
  `mkdir -p ${chip}/bank0`,
  `echo 8 >${chip}/bank0/num_lines`,
  `echo contract-gpio >${chip}/bank0/label`,
  `echo 1 >${chip}/live`,
  'modprobe vivid n_devs=1 node_types=0x1 vid_cap_nr=20',
  'udevadm settle',
  stampAtExposure,
].join(' && ');

const cameras = {
  'mjpeg, v4l2loopback': { CUPCHECK_V4L2_DEVICE: '/dev/video0', CUPCHECK_V4L2_MODE: 'mjpeg 640 480 10' },
  'yuyv, vivid': {
    CUPCHECK_V4L2_DEVICE: '/dev/video20',
    CUPCHECK_V4L2_MODE: 'yuyv 640 360 5',
    CUPCHECK_V4L2_UNPLUG: `echo vivid.0 >${vivid}/unbind`,
    CUPCHECK_V4L2_REPLUG: `echo vivid.0 >${vivid}/bind && udevadm settle && ${stampAtExposure}`,
  },
} as const;

async function run(
  station: SystemStation,
  say: (text: string) => void,
  environment: Readonly<Record<string, string>>,
  files: string,
  named: string,
): Promise<number> {
  const variables = Object.entries(environment).map(([name, value]) => `${name}='${value}'`);
  // The repository is read-only there.
  const vitest = `${node} node_modules/vitest/vitest.mjs run --configLoader runner --no-cache --project contract`;
  const command = `cd /repository && NO_COLOR=1 ${variables.join(' ')} ${vitest} ${files} -t '${named}' 2>&1`;
  const { code, stdout } = await station.machine.run(command, { timeoutMs: 1_200_000 });
  say(stdout);
  if (code !== 0) throw new Error(`the contract suite of ${named} failed in the guest:\n${stdout}`);
  const [, passed = '0'] = /Tests.*?(\d+) passed/.exec(stdout) ?? [];
  if (Number(passed) === 0) throw new Error(`no contract test of ${named} ran in the guest:\n${stdout}`);
  return Number(passed);
}

/** The suites that the simulated devices pass too, from the same files. */
export const contracts = (say: (text: string) => void): Scenario => ({
  name: 'the contract suites, on the kernel’s devices',
  async run(station) {
    const { machine } = station;
    await machine.must(
      `systemctl stop cupcheck.service && mkdir -p /repository && mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=loose,ro repository /repository && mount --bind /usr/lib/cupcheck/${epoll} /repository/${epoll} && ${chipForContracts}`,
      { timeoutMs: 300_000 },
    );
    let passed = 0;
    try {
      const gpio = { CUPCHECK_GPIO_CHIP: 'contract-gpio' };
      const lines = ['trigger', 'light-lines', 'loopback-lines']
        .map((name) => `test/contract/${name}.test.ts`)
        .join(' ');
      passed += await run(station, say, gpio, lines, 'the kernel’s');
      for (const camera of Object.values(cameras)) {
        passed += await run(station, say, camera, 'test/contract/camera.test.ts', 'device of this machine');
      }
    } finally {
      await machine.must(
        `umount --recursive /repository; echo 0 >${chip}/live; rmdir ${chip}/bank0 ${chip}; systemctl start cupcheck.service`,
        {
          timeoutMs: 900_000,
        },
      );
    }
    return { times: passed, light: '', journal: `${passed} contract tests passed` };
  },
});
