import type { Result } from '../../../src/daemon/result.js';
import { inWords } from '../report.js';
import { patienceMs, type SystemStation } from '../station.js';
import { type Scenario, provesWell } from './scenario.js';

const isCameraFault = ({ faults }: { readonly faults: readonly { readonly source: string }[] }): boolean =>
  faults.some(({ source }) => source === 'camera');

/** How a camera goes and comes. */
interface Plug {
  readonly pull: (station: SystemStation) => Promise<unknown>;
  readonly push: (station: SystemStation) => Promise<unknown>;
}

/** Nobody feeds the camera any more; its node stays. */
const feed: Plug = { pull: ({ bench }) => bench.do('camera off'), push: ({ bench }) => bench.do('camera on') };

async function pulledWhileIdle(station: SystemStation, { pull, push }: Plug): Promise<void> {
  let from = station.heard;
  await pull(station);
  await station.says('the camera is a fault', from, isCameraFault);
  await station.bench.blinking(patienceMs);
  from = station.heard;
  await push(station);
  await station.ready(from);
  await station.bench.until('the lamps are dark', patienceMs, () => station.bench.dark);
}

async function pulledUnderACup(station: SystemStation, { pull, push }: Plug): Promise<Result> {
  const next = station.nextResult();
  await station.place(station.clean);
  await pull(station);
  const result = await next;
  const from = station.heard;
  await push(station);
  await station.take();
  await station.ready(from);
  if (result.verdict === 'green') throw new Error('green, though the camera was pulled out under the cup');
  return result;
}

export const unfedIdle = (times: number): Scenario => ({
  name: 'the camera falls silent while no cup is there',
  async run(station) {
    for (let i = 0; i < times; i++) await pulledWhileIdle(station, feed);
    await provesWell(station);
    return { times, light: 'amber, blinking; dark when it is back', journal: 'no row' };
  },
});

export const unfedUnderACup = (times: number): Scenario => ({
  name: 'the camera falls silent under a cup',
  async run(station) {
    const results: Result[] = [];
    for (let i = 0; i < times; i++) results.push(await pulledUnderACup(station, feed));
    await provesWell(station);
    return { times, light: 'amber', journal: inWords(results) };
  },
});

const driver = '/sys/bus/platform/drivers/vivid';
/** The node goes, and the kernel tells so: ENODEV. */
const node: Plug = {
  pull: ({ machine }) => machine.must(`echo vivid.0 >${driver}/unbind`),
  push: ({ machine }) => machine.must(`echo vivid.0 >${driver}/bind && udevadm settle`),
};

/** With the kernel's test camera, whose node can be taken away and given back. Its picture is no cup: none is green. */
export const unplugged = (times: number): Scenario => ({
  name: 'the camera is pulled out, with no cup and under one, and plugged in again',
  async run(station) {
    const device = '/dev/video20';
    await station.machine.must('modprobe vivid n_devs=1 node_types=0x1 vid_cap_nr=20 && udevadm settle');
    await station.configure({
      camera: {
        driver: 'v4l2',
        fps: 5,
        v4l2: {
          device,
          format: 'yuyv',
          width: 640,
          height: 480,
          controls: ['timestamp_source=1'],
          silenceMs: 8000,
          latencyMs: 1,
        },
      },
    });
    const results: Result[] = [];
    try {
      await station.restart();
      for (let i = 0; i < times; i++) {
        await pulledWhileIdle(station, node);
        results.push(await pulledUnderACup(station, node));
      }
    } finally {
      await station.configure();
    }
    await station.restart();
    await provesWell(station);
    return { times: times * 2, light: 'amber, blinking; dark when it is back', journal: inWords(results) };
  },
});

/** Frames go on coming, all with the stamp of the first, or with stamps of long ago. */
export const frozen = (times: number): Scenario => ({
  name: 'the camera freezes: the same picture, old stamps',
  async run(station) {
    const results: Result[] = [];
    for (let i = 0; i < times; i++) {
      await station.bench.do(`picture /host/cups/${station.clean}`);
      await station.bench.do(i % 2 === 0 ? 'stamps frozen' : 'stamps late 20000');
      const from = station.heard;
      const ends = Promise.race([
        station.nextResult(),
        station.says('the camera is a fault', from, isCameraFault).then(() => null),
      ]);
      await station.bench.do('sensor 1');
      const result = await ends;
      if (result !== null) results.push(result);
      await station.bench.do('stamps live');
      await station.take();
      await station.ready(from);
      if (result?.verdict === 'green') throw new Error('green by a frozen picture');
    }
    await provesWell(station);
    return { times, light: 'amber', journal: inWords(results) };
  },
});
