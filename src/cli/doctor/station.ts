import { askStation } from '../../daemon/control/client.js';
import type { Finding } from '../../daemon/control/station-verbs.js';
import type { StationStatus } from '../../daemon/status.js';
import { CupcheckError } from '../../errors.js';
import { ms } from '../layout.js';
import { fail, failed, ok, warn } from './finding.js';

export interface AskedStation {
  /** `null`: none answers. */
  readonly status: StationStatus | null;
  readonly findings: readonly Finding[];
}

/** What the running station says of itself; that none runs is a warning: the rest can be checked without one. */
export async function askedStation(socketPath: string): Promise<AskedStation> {
  let status: StationStatus | null = null;
  try {
    status = await askStation<StationStatus>(socketPath, 'status');
    const { findings } = await askStation<{ findings: Finding[] }>(socketPath, 'doctor.runtime');
    return { status, findings: [...fromStatus(status), ...findings] };
  } catch (error) {
    const none = error instanceof CupcheckError && error.code === 'NO_DAEMON';
    return { status, findings: [none ? warn('station', error.message, error.help) : failed('station', error)] };
  }
}

/** The parts of a status that `doctor` judges. */
export function fromStatus(status: StationStatus): Finding[] {
  const faults = status.faults.map(({ source, message, help }) => fail(`${source} fault`, message, help));
  return [
    status.health === 'fault' ? fail('station', 'in fault', 'See the faults below.') : ok('station', status.health),
    ...faults,
    lightFinding(status),
    cameraFinding(status),
    ok('trigger', `${status.trigger.driver}, ${status.trigger.kind}`),
    modelFinding(status),
    ...brokerFinding(status),
  ];
}

function lightFinding({ light }: StationStatus): Finding {
  if (light.connected) return ok('light', `connected, shows ${light.shows ?? 'nothing yet'}`);
  return fail('light', 'the light process does not answer', 'Check its unit: systemctl status cupcheck-light.');
}

/** A camera that streams gives a frame many times a second. */
const oldFrameMs = 2000;

function cameraFinding({ camera }: StationStatus): Finding {
  const age = camera.newest_frame_age_ms;
  const help = 'Check its cable and power, and that no other program uses it.';
  if (camera.state !== 'streaming') return fail('camera', `${camera.driver}, ${camera.state}`, help);
  if (age === null || age > oldFrameMs) return fail('camera', `streaming, newest frame ${ms(age)} old`, help);
  return ok('camera', `${camera.driver}, streaming, newest frame ${ms(age)} old`);
}

function modelFinding({ judge }: StationStatus): Finding {
  if (judge.ready) return ok('networks', `run on ${judge.provider ?? '-'}`);
  return warn('networks', 'still loading, or not loaded', 'If it goes on, read the log: journalctl -u cupcheck.');
}

function brokerFinding({ broker }: StationStatus): Finding[] {
  if (!broker.enabled) return [];
  const waiting = `${broker.waiting} results wait`;
  if (broker.connected) return [ok('broker', `connected, ${waiting}`)];
  const help = 'Results wait in the outbox until the broker answers. Check mqtt.url and the broker.';
  return [fail('broker', `not connected, ${waiting}`, help)];
}
