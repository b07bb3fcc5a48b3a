import { leaseMs, type SystemStation } from '../station.js';
import { type Scenario, provesWell } from './scenario.js';

const core = 'cupcheck.service';
const light = 'cupcheck-light.service';
/** For a command to reach the guest, and for an edge to be seen. */
const slackMs = 10_000;

/** Does something while green is on. Returns how long green stayed on after it had been done, in ms. */
async function underGreen(station: SystemStation, unit: string, command: string): Promise<number> {
  const restarts = Number(await station.unit(unit, 'NRestarts'));
  const pid = await station.unit(unit, 'MainPID');
  await station.lightGreen();
  const from = station.heard;
  const began = performance.now();
  await station.machine.must(`${command} ${pid}`);
  await station.bench.until(`dark after ${command} of ${unit}`, leaseMs + slackMs, () => !station.bench.isOn('green'));
  const tookMs = performance.now() - began;
  await station.restarted(unit, restarts);
  await station.take();
  await station.ready(from);
  return tookMs;
}

async function again(station: SystemStation, times: number, unit: string, command: string): Promise<string> {
  let longestMs = 0;
  for (let i = 0; i < times; i++) longestMs = Math.max(longestMs, await underGreen(station, unit, command));
  await provesWell(station);
  return `green, then dark within ${(longestMs / 1000).toFixed(1)} s`;
}

const done = (times: number, light: string) => ({
  times,
  light,
  journal: 'the row of each green; started again by systemd',
});

export const coreKilled = (times: number): Scenario => ({
  name: 'the station is killed with a green on (SIGKILL)',
  run: async (station) => done(times, await again(station, times, core, 'kill -KILL')),
});

/** Its watchdog kills what stands still. */
export const coreStopped = (times: number): Scenario => ({
  name: 'the station stands still with a green on (SIGSTOP): lease, then watchdog',
  run: async (station) => done(times, await again(station, times, core, 'kill -STOP')),
});

export const lightKilled = (times: number): Scenario => ({
  name: 'the light process is killed with a green on (SIGKILL)',
  run: async (station) => done(times, await again(station, times, light, 'kill -KILL')),
});

export const lightStopped = (times: number): Scenario => ({
  name: 'the light process stands still with a green on (SIGSTOP)',
  run: async (station) => done(times, await again(station, times, light, 'kill -STOP')),
});

export const brokerRestart = (times: number): Scenario => ({
  name: 'the broker is away for two cups, and comes back',
  async run(station) {
    const before = station.published.length;
    for (let i = 0; i < times; i++) {
      await station.broker.stop(i % 2 === 0 ? 'SIGTERM' : 'SIGKILL');
      for (let cup = 0; cup < 2; cup++) {
        await station.lightGreen();
        await station.take();
      }
      await station.broker.start();
      await station.hears('both cups are published', () => station.published.length >= before + (i + 1) * 2);
    }
    await provesWell(station);
    return { times, light: 'green, as with a broker', journal: `${times * 2} rows kept and published` };
  },
});

export const clockJump = (times: number): Scenario => ({
  name: 'the clock jumps by an hour under a cup, ahead and back',
  async run(station) {
    for (let i = 0; i < times * 2; i++) {
      const next = station.nextResult();
      await station.place(station.clean);
      await station.machine.must(`date --set="@$(($(date +%s) ${i % 2 === 0 ? '+' : '-'} 3600))"`);
      const { verdict, reasons } = await next;
      if (verdict !== 'green') throw new Error(`amber by the clock: ${JSON.stringify(reasons)}`);
      await station.take();
    }
    await provesWell(station);
    return { times: times * 2, light: 'green', journal: 'as ever' };
  },
});

export const reboot = (times: number): Scenario => ({
  name: 'the board is rebooted',
  async run(station) {
    for (let i = 0; i < times; i++) {
      const wrong = await station.check();
      if (wrong.length > 0) throw new Error(wrong.join('\n'));
      const from = station.heard;
      await station.machine.reboot();
      await station.startBench();
      await station.ready(from);
      await provesWell(station);
    }
    return { times, light: 'green for a cup after it, with no hand laid on', journal: 'goes on, the order too' };
  },
});

/** In emulation a cup takes some seconds. */
const longestMs = 8000;

export const powerCut = (times: number): Scenario => ({
  name: 'the power is cut in the middle of cups',
  async run(station) {
    const before = station.published.length;
    for (let i = 0; i < times; i++) {
      const wrong = await station.check();
      const power = { on: true };
      // A cup that the cut left without its result ends with the next one, which is another's: it must touch nothing then.
      const cups = (async () => {
        while (power.on) {
          const next = station.nextResult();
          await station.place(station.clean);
          await next;
          if (power.on) await station.take();
        }
      })().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, longestMs * (((i + 1) * 0.618) % 1)));
      power.on = false;
      station.keepEdges();
      await station.machine.cutPower();
      const from = station.heard;
      await station.machine.powerOn();
      await station.startBench();
      await station.ready(from);
      wrong.push(...(await station.check({ powerCut: true })));
      if (wrong.length > 0) throw new Error(`power cut ${i + 1}: ${wrong.join('\n')}`);
      void cups;
      await provesWell(station);
    }
    const rows = station.published.length - before;
    return { times, light: 'dark with the power; green for the next cup', journal: `intact, ${rows} rows` };
  },
});
