import type { Config } from './schema.js';

/** Linux keeps a socket's path in 108 bytes, the last one zero. */
const maxSocketPathBytes = 107;

interface Relation {
  readonly keys: readonly string[];
  readonly broken: (config: Config) => string | null;
}

const relation = (keys: readonly string[], broken: (config: Config) => string | null): Relation => ({ keys, broken });

/** What must hold between keys; each names the values and what to change. */
const relations: readonly Relation[] = [
  relation(['station.settleMs', 'station.deadlineMs'], ({ station }) =>
    station.settleMs < station.deadlineMs
      ? null
      : `station.settleMs (${station.settleMs}) must be below station.deadlineMs (${station.deadlineMs})`,
  ),
  relation(['light.renewMs', 'light.leaseMs'], ({ light }) =>
    light.renewMs * 2 <= light.leaseMs
      ? null
      : `light.renewMs (${light.renewMs}) must be at most half of light.leaseMs (${light.leaseMs})`,
  ),
  relation(['providers.require', 'providers.order'], ({ providers }) =>
    providers.require === null || providers.order.includes(providers.require)
      ? null
      : `providers.require (${providers.require}) must be in providers.order (${providers.order.join(', ')})`,
  ),
  relation(['order.fromCode', 'order.codeZone'], ({ order }) =>
    order.fromCode === 'off' || order.codeZone !== null
      ? null
      : `order.fromCode ${order.fromCode} needs order.codeZone, where the code is in the picture`,
  ),
  relation(['order.codeZone'], ({ order }) => {
    const [, , width = 0, height = 0] = order.codeZone?.split(',').map(Number) ?? [0, 0, 64, 64];
    return Math.min(width, height) >= 32 && Math.max(width, height) <= 2048
      ? null
      : `order.codeZone (${order.codeZone}) must be 32 to 2048 pixels wide and high`;
  }),
  relation(['mqtt.cert', 'mqtt.key'], ({ mqtt }) =>
    (mqtt.cert === null) === (mqtt.key === null) ? null : 'mqtt.cert and mqtt.key go together: set both or none',
  ),
  relation(['mqtt.passwordFile', 'mqtt.username'], ({ mqtt }) =>
    mqtt.passwordFile === null || mqtt.username !== null ? null : 'mqtt.passwordFile needs mqtt.username',
  ),
  relation(['mqtt.ca', 'mqtt.cert', 'mqtt.url'], ({ mqtt }) =>
    (mqtt.ca === null && mqtt.cert === null) || mqtt.url.startsWith('mqtts:')
      ? null
      : 'mqtt.ca and mqtt.cert need an mqtts:// address in mqtt.url',
  ),
  relation(['camera.replay.empty', 'camera.driver'], ({ camera }) =>
    camera.driver !== 'replay' || camera.replay.empty !== null
      ? null
      : 'camera.driver replay needs camera.replay.empty, a picture of the empty cup',
  ),
  relation(['camera.slotBytes', 'camera.v4l2.format', 'camera.v4l2.width', 'camera.v4l2.height'], ({ camera }) => {
    const { format, width, height } = camera.v4l2;
    const bytes = format === 'mjpeg' ? 0 : width * height * (format === 'grey' ? 1 : 3);
    return camera.driver !== 'v4l2' || bytes <= camera.slotBytes
      ? null
      : `camera.slotBytes (${camera.slotBytes}) must be ${bytes} for pictures of ${width}×${height} in ${format}`;
  }),
  relation(['camera.v4l2.format', 'camera.v4l2.width', 'camera.v4l2.height'], ({ camera: { driver, v4l2 } }) => {
    const even = { mjpeg: [1, 1], grey: [1, 1], yuyv: [2, 1], nv12: [2, 2] }[v4l2.format];
    const fits = v4l2.width % (even[0] ?? 1) === 0 && v4l2.height % (even[1] ?? 1) === 0;
    return driver !== 'v4l2' || fits
      ? null
      : `camera.v4l2.width and height (${v4l2.width}×${v4l2.height}) must be even in ${v4l2.format}`;
  }),
  relation(['trigger.dwellMs', 'trigger.kind'], ({ trigger }) =>
    trigger.dwellMs === 0 || trigger.kind === 'level'
      ? null
      : `trigger.dwellMs (${trigger.dwellMs}) needs trigger.kind level: a sensor that reports arrivals alone cannot tell that a cup stays`,
  ),
  relation(['light.gpio.green', 'light.gpio.amber'], ({ light }) =>
    light.gpio.green !== light.gpio.amber ? null : `light.gpio.green and light.gpio.amber are both ${light.gpio.green}`,
  ),
  ...(['green', 'amber'] as const).map((lamp) =>
    relation(
      [`light.gpio.${lamp}`, 'trigger.gpio.line', 'light.gpio.chip', 'trigger.gpio.chip'],
      ({ light, trigger }) =>
        light.gpio[lamp] !== trigger.gpio.line || light.gpio.chip !== trigger.gpio.chip
          ? null
          : `light.gpio.${lamp} and trigger.gpio.line are both ${trigger.gpio.line} of ${trigger.gpio.chip}`,
    ),
  ),
  relation(['trigger.driver', 'trigger.kind'], ({ trigger }) =>
    trigger.driver !== 'camera' || trigger.kind === 'level'
      ? null
      : 'trigger.driver camera needs trigger.kind level: a picture tells whether a cup is there',
  ),
  ...(['leave', 'still'] as const).map((level) =>
    relation([`trigger.camera.${level}`, 'trigger.camera.enter'], ({ trigger: { camera } }) =>
      camera[level] < camera.enter
        ? null
        : `trigger.camera.${level} (${camera[level]}) must be below trigger.camera.enter (${camera.enter})`,
    ),
  ),
  relation(['trigger.sysfs.line', 'trigger.driver'], ({ trigger }) =>
    trigger.driver !== 'sysfs' || trigger.sysfs.line !== null
      ? null
      : 'trigger.driver sysfs needs trigger.sysfs.line, the number of the line in /sys/class/gpio',
  ),
  relation(['light.sysfs.green', 'light.sysfs.amber', 'light.driver'], ({ light: { driver, sysfs } }) =>
    driver !== 'sysfs' || (sysfs.green !== null && sysfs.amber !== null)
      ? null
      : 'light.driver sysfs needs light.sysfs.green and light.sysfs.amber, the numbers of the lines in /sys/class/gpio',
  ),
  relation(['light.sysfs.green', 'light.sysfs.amber', 'trigger.sysfs.line'], ({ light: { sysfs }, trigger }) => {
    const numbers = [sysfs.green, sysfs.amber, trigger.sysfs.line].filter((line) => line !== null);
    return new Set(numbers).size === numbers.length
      ? null
      : `light.sysfs.green, light.sysfs.amber and trigger.sysfs.line must be three lines, not ${numbers.join(', ')}`;
  }),
  relation(
    ['amber', 'green', 'trigger', 'illumination'].map((name) => `selftest.loopback.${name}`),
    ({ selftest: { loopback }, light, trigger }) => {
      const taken = [
        ...(light.driver === 'gpiochip' && light.gpio.chip === loopback.chip
          ? [light.gpio.green, light.gpio.amber]
          : []),
        ...(trigger.driver === 'gpiochip' && trigger.gpio.chip === loopback.chip ? [trigger.gpio.line] : []),
        ...[loopback.amber, loopback.green, loopback.trigger, loopback.illumination].filter((line) => line !== null),
      ];
      const twice = taken.find((line, at) => taken.indexOf(line) !== at);
      return twice === undefined
        ? null
        : `selftest.loopback: the line ${twice} of ${loopback.chip} is named twice, there or as a lamp or the sensor`;
    },
  ),
  relation(['selftest.loopback.trigger', 'trigger.driver'], ({ selftest: { loopback }, trigger: { driver } }) =>
    loopback.trigger === null || driver === 'gpiochip' || driver === 'sysfs'
      ? null
      : `selftest.loopback.trigger (${loopback.trigger}) needs a sensor on a line: trigger.driver is ${driver}`,
  ),
  relation(['selftest.loopback.illumination', 'trigger.driver'], ({ selftest: { loopback }, trigger: { driver } }) =>
    loopback.illumination === null || driver !== 'camera'
      ? null
      : `selftest.loopback.illumination (${loopback.illumination}) would look like a cup to trigger.driver camera`,
  ),
  ...(['control', 'light'] as const).map((section) =>
    relation([`${section}.socket`], (config) => {
      const bytes = Buffer.byteLength(config[section].socket);
      return bytes <= maxSocketPathBytes
        ? null
        : `${section}.socket has ${bytes} bytes as an absolute path, allowed are ${maxSocketPathBytes}`;
    }),
  ),
];

/** Relations that do not hold, with the keys that take part in each. */
export function brokenRelations(config: Config): { readonly keys: readonly string[]; readonly message: string }[] {
  return relations.flatMap(({ keys, broken }) => {
    const message = broken(config);
    return message === null ? [] : [{ keys, message }];
  });
}
