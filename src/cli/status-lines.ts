import type { StationStatus } from '../daemon/status.js';
import { counted, fields, indented, minuteOf, ms } from './layout.js';
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
      ['selftest', selfTestText(status)],
      ['camera', cameraText(status)],
      ['trigger', listed(status.trigger.driver, status.trigger.kind)],
      ['broker', brokerText(status)],
      ['order', orderText(status)],
      ['last cup', lastText(status)],
      ['cups', cupsText(status)],
      ...statisticsRows(status),
    ]),
  ];
}

/** The same on one line, for a log. */
export function statusLine(status: StationStatus, at: Date, terminal: Terminal): string[] {
  const { health, faults, broker } = status;
  const when = `${at.toISOString().slice(0, 19)}Z`;
  const parts = [
    ...faults.map(({ source }) => `${source} fault`),
    status.state,
    lightText(status),
    `${status.cups.green} green, ${status.cups.amber} amber`,
    ...(broker.enabled && broker.waiting > 0 ? [`${broker.waiting} wait`] : []),
  ];
  const indent = when.length + 12;
  const [first = '', ...more] = indented(parts.join(', '), indent);
  return [`${when}  ${paint(terminal, healthColours[health], health.padEnd(8))}  ${first.trimStart()}`, ...more];
}

function lightText({ light }: StationStatus): string {
  if (!light.connected) return 'not connected';
  return light.shows === null ? 'connected' : lightWords[light.shows];
}

function modelText({ judge }: StationStatus): string {
  if (judge.bundle === null) return judge.ready ? 'none' : 'not ready';
  const { name, version, sha256 } = judge.bundle;
  const ready = judge.ready ? '' : ', not ready';
  const trial = judge.trial_until === null ? '' : `, on trial until ${minuteOf(judge.trial_until)}`;
  const designs = `${judge.covered} of ${judge.designs} designs covered`;
  const fallback = judge.fallback === null ? '' : `; FELL BACK, ${judge.fallback}`;
  const runs = `on ${judge.provider ?? '-'}${runsText(judge)}`;
  return `${name} ${version} (${sha256.slice(0, 12)}) ${runs}, ${designs}${ready}${trial}${fallback}`;
}

/** The precision where it was chosen or is not the usual one, and the engine where there is one or should be. */
function runsText({ precision, engine }: StationStatus['judge']): string {
  const { used = null, because = null } = precision ?? {};
  const chosen = because === null ? '' : ` (${because})`;
  const bits = used === null || (used === 'fp32' && because === null) ? '' : `, ${used}${chosen}`;
  if (engine === null) return bits;
  if (engine.used !== null) return `${bits}, engine ${engine.used.slice(0, 12)}`;
  return engine.because === null ? bits : `${bits}, no engine (${engine.because})`;
}

function selfTestText({ selftest }: StationStatus): string {
  if (selftest === null) return 'none';
  const { pictures, running, doubt, last } = selftest;
  const now = running ? ', one is running' : '';
  if (doubt !== null) return `CUPS ARE AMBER: ${doubt}${now}`;
  if (pictures === 0) return `no golden picture${now}`;
  const kept = counted(pictures, 'golden picture');
  if (last === null || last.outcome === 'no_pictures') return `${kept}, not run yet${now}`;
  return `${last.outcome} at ${minuteOf(last.at)}, ${kept}${now}`;
}

function cameraText({ camera }: StationStatus): string {
  const age = camera.newest_frame_age_ms;
  return listed(camera.driver, camera.state, age === null ? 'no frame yet' : `newest frame ${ms(age)} old`);
}

function brokerText({ broker }: StationStatus): string {
  if (!broker.enabled) return 'off, results stay in the journal';
  if (broker.stuck !== null) {
    const { seq, message, tries } = broker.stuck;
    const what = seq === null ? 'STUCK' : `STUCK at cup ${seq}`;
    return `${what}, tried ${tries} times: ${message}; ${broker.waiting} wait in the outbox`;
  }
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
  if (last === null) return 'none since the start';
  const why = last.verdict === 'green' ? (last.design ?? '') : last.reasons.join(', ');
  return `${last.seq} ${last.verdict}: ${why}; ${ms(last.total_ms)}, ${last.utc}`;
}

function cupsText({ cups }: StationStatus): string {
  const late = cups.late_judgements === 0 ? '' : `, ${cups.late_judgements} judged too late`;
  return `${cups.green} green, ${cups.amber} amber since the start${late}`;
}

const reasonsShown = 3;

/** What was counted over all starts; lines that have nothing to say are left out. */
function statisticsRows({ statistics }: StationStatus): [label: string, text: string][] {
  if (statistics === null) return [];
  const { cups, since, ambers, found, missed, stages } = statistics;
  const rows: [string, string][] = [['in all', `${cups.green} green, ${cups.amber} amber since ${since.slice(0, 10)}`]];
  const more = ambers.length - reasonsShown;
  if (ambers.length > 0) {
    const most = ambers.slice(0, reasonsShown).map(({ reason, cups }) => `${cups} ${reason}`);
    rows.push(['ambers', [...most, ...(more > 0 ? [counted(more, 'other reason')] : [])].join(', ')]);
  }
  const looked = found.green_ok + found.green_wrong + found.amber_ok + found.amber_wrong;
  if (looked > 0) {
    const greens = found.green_wrong === 0 ? 'no green was wrong' : `${found.green_wrong} GREEN WRONG`;
    rows.push(['found', `${greens}; of the ambers ${found.amber_ok} right, ${found.amber_wrong} wrong`]);
  }
  const misses = [
    [missed.retriggered, 'retriggered'],
    [missed.not_ready, 'while not ready'],
    [missed.chatter, 'chatter'],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  if (misses.length > 0) rows.push(['missed', misses.join(', ')]);
  const total = stages.find(({ stage }) => stage === 'total');
  if (total !== undefined) {
    const { p50_ms, p95_ms, p99_ms, max_ms } = total;
    rows.push(['to light', `${ms(p50_ms)} p50, ${ms(p95_ms)} p95, ${ms(p99_ms)} p99, ${ms(max_ms)} longest`]);
  }
  return rows;
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
