import type { StationStatus } from '../daemon/status.js';
import { fields, indented, ms } from './layout.js';
import { paint, type Terminal } from './terminal.js';

const lightWords = { dark: 'dark', green: 'green', amber: 'amber', fault: 'amber, blinking' } as const;
const healthColours = { ready: 'green', fault: 'red', starting: 'amber', draining: 'amber' } as const;

/** The state of a station, to be read in five seconds. */
export function statusLines(status: StationStatus, terminal: Terminal): string[] {
  const { station, health, version } = status;
  const heading = `${station}: ${paint(terminal, healthColours[health], health)}  (cupcheck ${version}, up ${duration(status.uptime_s)})`;
  const faults = status.faults.flatMap(({ source, message, help }) => [
    ...indented(`${source} fault: ${message}`, 2),
    ...indented(help, 4),
  ]);
  return [
    heading,
    ...faults,
    ...fields([
      ['light', lightText(status)],
      ['state', `${status.state}, mode ${status.mode}`],
      ['model', modelText(status)],
      ['camera', cameraText(status)],
      ['trigger', listed(status.trigger.driver, status.trigger.kind)],
      ['broker', brokerText(status)],
      ['order', orderText(status)],
      ['last cup', lastText(status)],
      ['cups', cupsText(status)],
    ]),
  ];
}

function lightText({ light }: StationStatus): string {
  if (!light.connected) return 'not connected';
  return light.shows === null ? 'connected' : lightWords[light.shows];
}

function modelText({ judge }: StationStatus): string {
  if (judge.bundle === null) return judge.ready ? 'none' : 'not ready';
  const { name, version, sha256 } = judge.bundle;
  const ready = judge.ready ? '' : ', not ready';
  const designs = `${judge.covered} of ${judge.designs} designs covered`;
  return `${name} ${version} (${sha256.slice(0, 12)}) on ${judge.provider ?? '-'}, ${designs}${ready}`;
}

function cameraText({ camera }: StationStatus): string {
  const age = camera.newest_frame_age_ms;
  return listed(camera.driver, camera.state, age === null ? 'no frame yet' : `newest frame ${ms(age)} old`);
}

function brokerText({ broker }: StationStatus): string {
  if (!broker.enabled) return 'off, results stay in the journal';
  const state = broker.connected ? 'connected' : 'NOT REACHED';
  return `${state}, ${broker.waiting === 0 ? 'nothing waits' : `${broker.waiting} wait in the outbox`}`;
}

function orderText({ order }: StationStatus): string {
  if (order === null) return 'none';
  const { design, count, used, cups, expires, id } = order;
  const state = used >= cups ? 'used up' : `${used} of ${cups} cups done`;
  return `${design}, ${count} a cup, ${state}, until ${expires} (${id})`;
}

function lastText({ last }: StationStatus): string {
  if (last === null) return 'none yet';
  const why = last.verdict === 'green' ? (last.design ?? '') : last.reasons.join(', ');
  return `${last.seq} ${last.verdict}: ${why}; ${ms(last.total_ms)}, ${last.utc}`;
}

function cupsText({ cups }: StationStatus): string {
  const late = cups.late_judgements === 0 ? '' : `, ${cups.late_judgements} judged too late`;
  return `${cups.green} green, ${cups.amber} amber since the start${late}`;
}

/** A station that could not be built knows no devices. */
const listed = (...words: readonly string[]) => words.filter((word) => word !== '').join(', ') || 'unknown';

/** "3 d 4 h", "12 min", "8 s". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}
