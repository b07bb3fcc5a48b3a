import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Config } from '../../daemon/config/schema.js';
import type { Finding } from '../../daemon/control/station-verbs.js';
import { counted } from '../layout.js';
import { fail, ok, warn } from './finding.js';
import { SystemRoot } from '../system-root.js';
import { type VideoNode, videoNodes } from '../video-nodes.js';

/** As systemd/cupcheck.service and systemd/cupcheck-light.service name them. */
const users = {
  station: { user: 'cupcheck', groups: ['cupcheck', 'cupcheck-light', 'video', 'gpio', 'render'] },
  light: { user: 'cupcheck-light', groups: ['cupcheck-light', 'gpio'] },
} as const;
type User = (typeof users)[keyof typeof users];

/** The nodes that the config's drivers need, and whether the services' users may open them. Nothing is opened. */
export async function devices(
  config: Pick<Config, 'camera' | 'trigger' | 'light'>,
  root = new SystemRoot(),
): Promise<Finding[]> {
  const { camera, trigger, light } = config;
  const sysfs = [trigger.driver, light.driver].includes('sysfs');
  const findings = [
    ...(camera.driver === 'v4l2' ? await cameraNode(camera.v4l2, root) : []),
    ...(trigger.driver === 'gpiochip' ? await chips(root, 'trigger lines', users.station) : []),
    ...(light.driver === 'gpiochip' ? await chips(root, 'light lines', users.light) : []),
    ...(sysfs ? [await sysfsLines(root)] : []),
  ];
  return findings;
}

/** The node that `camera.v4l2.device` leads to. */
async function cameraNode({ device }: Config['camera']['v4l2'], root: SystemRoot): Promise<Finding[]> {
  const nodes = await videoNodes(root);
  if (nodes.length === 0) {
    const help = 'Plug the camera in and look at: dmesg | tail. A CSI camera needs its device tree overlay.';
    return [fail('camera device', 'there is no /dev/video*', help)];
  }
  const target = await root.target(device);
  const node = nodes.find(({ path }) => path === target);
  if (node === undefined) {
    const help = 'Plug it in, or set camera.v4l2.device to one of these, best by its name in /dev/v4l/by-id.';
    return [fail('camera device', `${device} is not there; there is ${nodes.map(titleOf).join(', ')}`, help)];
  }
  const refused = await refusedNodes(root, [node.path], users.station);
  return [
    ok('camera device', `${device === node.path ? '' : `${device}: `}${titleOf(node)}`),
    ...refused.map((what) => fail('camera permission', what, ruleHelp('video'))),
  ];
}

function titleOf({ path, name, stable }: VideoNode): string {
  const names = stable.length === 0 ? '' : `, to be found by ${stable.join(' and ')}`;
  return `${path} (${name ?? 'no name'}${names})`;
}

async function chips(root: SystemRoot, check: string, user: User): Promise<Finding[]> {
  const nodes = (await root.names('dev', /^gpiochip\d+$/)).map((name) => `/dev/${name}`);
  if (nodes.length === 0) {
    const help =
      'Set trigger.driver and light.driver to sysfs where the kernel has only that, or load the driver of the GPIO chip.';
    return [fail(check, 'there is no /dev/gpiochip*', help)];
  }
  const refused = await refusedNodes(root, nodes, user);
  // A chip that the station does not use may stay closed; that all are closed cannot be meant.
  if (refused.length < nodes.length)
    return [ok(check, `${counted(nodes.length - refused.length, 'GPIO chip')} to be used`)];
  return refused.map((what) => fail(check, what, ruleHelp('gpio')));
}

async function sysfsLines(root: SystemRoot): Promise<Finding> {
  if ((await root.owner('sys/class/gpio/export')) !== null) return ok('sysfs lines', '/sys/class/gpio is there');
  const help = 'This kernel has no sysfs interface of GPIO: set trigger.driver and light.driver to gpiochip.';
  return fail('sysfs lines', 'there is no /sys/class/gpio/export', help);
}

const ruleHelp = (group: string): string =>
  `Give it to the group ${group}, as 60-cupcheck.rules does: sudo udevadm control --reload; sudo udevadm trigger.`;

/** What is wrong with each node that `user` may not read and write. */
async function refusedNodes(root: SystemRoot, nodes: readonly string[], user: User): Promise<string[]> {
  const ids = await idsOf(root, user);
  const sentences = await Promise.all(
    nodes.map(async (node) => {
      const owner = await root.owner(node);
      if (owner === null) return null;
      if (ids === null) {
        // The package is not installed: whoever asks is the one who will run the station.
        const may = await access(root.path(node), constants.R_OK | constants.W_OK).then(
          () => true,
          () => false,
        );
        return may ? null : `you may not open ${node}`;
      }
      if (permits(owner, ids)) return null;
      const mode = (owner.mode & 0o777).toString(8).padStart(4, '0');
      return `${user.user} may not open ${node}: owner ${owner.uid}, group ${owner.gid}, mode ${mode}`;
    }),
  );
  return sentences.filter((sentence) => sentence !== null);
}

interface Ids {
  readonly uid: number;
  readonly gids: ReadonlySet<number>;
}

async function idsOf(root: SystemRoot, { user, groups }: User): Promise<Ids | null> {
  const account = await root.account('passwd', user);
  if (account === null) return null;
  const found = await Promise.all(groups.map((group) => root.account('group', group)));
  const gids = found.flatMap((group) => (group === null ? [] : [Number(group[2])]));
  return { uid: Number(account[2]), gids: new Set([Number(account[3]), ...gids]) };
}

/** Whether these permissions let a process read and write; source: path_resolution(7). */
function permits(owner: { readonly uid: number; readonly gid: number; readonly mode: number }, ids: Ids): boolean {
  const shift = owner.uid === ids.uid ? 6 : ids.gids.has(owner.gid) ? 3 : 0;
  return ((owner.mode >> shift) & 0o6) === 0o6;
}

/** Whether the person who asks may use the control socket. */
export async function groupOfUser(
  { control }: Pick<Config, 'control'>,
  root = new SystemRoot(),
  uid = process.getuid?.() ?? 0,
  gids: readonly number[] = process.getgroups?.() ?? [],
): Promise<Finding[]> {
  const group = await root.account('group', control.group);
  if (uid === 0 || group === null || gids.includes(Number(group[2]))) return [];
  const help = `sudo usermod -aG ${control.group} $USER, then log in again. Or use sudo.`;
  return [warn('group', `you are no member of ${control.group}: the station does not answer you`, help)];
}
