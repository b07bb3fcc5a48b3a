import { reasons } from '../../pipeline/judgement.js';
import type { HostFacts } from '../health/host.js';
import type { StationStatus } from '../status.js';
import { type LiveCounter, stages } from './counts.js';
import { coarseBoundsMs, countUpTo } from './durations.js';
import type { Family, Sample } from './exposition.js';
import type { StatisticsSource } from './summary.js';

/** What the metrics are read from: all of it in memory, so that a scrape waits for nothing. */
export interface MetricsSource extends StatisticsSource {
  readonly status: StationStatus;
  readonly host: HostFacts;
  /** Seconds since 1970. */
  readonly startedUnixS: number;
}

/** One metric: a row of docs/metrics.md, and where its values come from. */
export interface Metric {
  readonly name: string;
  readonly type: Family['type'];
  /** Name of each label, and its values in words. */
  readonly labels: Readonly<Record<string, string>>;
  readonly help: string;
  readonly samples: (from: MetricsSource) => readonly Sample[];
}

const alone = (value: number | null): readonly Sample[] => (value === null ? [] : [{ labels: {}, value }]);
const flag = (holds: boolean): readonly Sample[] => alone(holds ? 1 : 0);

function metric(
  type: Family['type'],
  name: string,
  help: string,
  samples: Metric['samples'],
  labels: Metric['labels'] = {},
): Metric {
  return { name: `cupcheck_${name}`, type, labels, help, samples };
}

const counter = (name: string, help: string, samples: Metric['samples'], labels?: Metric['labels']): Metric =>
  metric('counter', `${name}_total`, help, samples, labels);
const gauge = (name: string, help: string, samples: Metric['samples'], labels?: Metric['labels']): Metric =>
  metric('gauge', name, help, samples, labels);
const liveCounter = (name: string, of: LiveCounter, help: string): Metric =>
  counter(name, help, ({ live }) => alone(live(of)));

/** Every label stands there from the start, with 0: an alert on a rise must see the value before. */
const each = (label: string, values: readonly string[], value: (of: string) => number): readonly Sample[] =>
  values.map((of) => ({ labels: { [label]: of }, value: value(of) }));

function stageSamples({ counts }: MetricsSource): readonly Sample[] {
  return stages.flatMap((stage): Sample[] => {
    const buckets = counts.buckets('stage', stage);
    const cups = buckets.reduce((sum, [, count]) => sum + count, 0);
    return [
      ...coarseBoundsMs.map((boundMs): Sample => {
        const labels = { stage, le: String(boundMs / 1000) };
        return { suffix: '_bucket', labels, value: countUpTo(buckets, boundMs) };
      }),
      { suffix: '_bucket', labels: { stage, le: '+Inf' }, value: cups },
      { suffix: '_sum', labels: { stage }, value: counts.value('stage_sum_us', stage) / 1e6 },
      { suffix: '_count', labels: { stage }, value: cups },
    ];
  });
}

/** Everything that a scrape gives, in its order. docs/metrics.md is generated from it. */
export const metrics: readonly Metric[] = [
  gauge(
    'info',
    'What this station is; always 1.',
    ({ status }) => [
      {
        labels: {
          station: status.station,
          version: status.version,
          bundle: status.judge.bundle === null ? '' : `${status.judge.bundle.name} ${status.judge.bundle.version}`,
          provider: status.judge.provider ?? '',
        },
        value: 1,
      },
    ],
    {
      station: '`station.name`',
      version: 'of the program',
      bundle: 'name and version; empty while none is loaded',
      provider: 'that runs the networks; empty while none does',
    },
  ),
  gauge('start_time_seconds', 'When the station was started, in seconds since 1970.', ({ startedUnixS }) =>
    alone(startedUnixS),
  ),
  gauge('ready', '1 = cups are judged; 0 = starting, in fault, or ending.', ({ status }) =>
    flag(status.health === 'ready'),
  ),
  gauge(
    'fault',
    '1 for each fault that there is now; none where all is well.',
    ({ status }) => status.faults.map(({ source }) => ({ labels: { source }, value: 1 })),
    { source: 'what is in fault: `config`, `bundle`, `camera`, `trigger`, `light`, `storage`, `self_test`' },
  ),
  counter(
    'cups',
    'Cups by their verdict, each counted with its row in the journal.',
    ({ counts }) => each('verdict', ['green', 'amber'], (verdict) => counts.value('cups', verdict)),
    { verdict: '`green`, `amber`' },
  ),
  counter(
    'amber_reasons',
    'Amber cups by reason. A cup with two reasons counts at both.',
    ({ counts }) => each('reason', reasons, (reason) => counts.value('reason', reason)),
    { reason: 'each of [the reasons](mqtt.md#reasons)' },
  ),
  counter('cups_not_shown', 'Cups whose verdict no light told; they are among the ambers.', ({ counts }) =>
    alone(counts.value('not_shown')),
  ),
  counter(
    'findings',
    'What people found who looked (`resolve`). A finding that is corrected counts again. A green found wrong is a false green.',
    ({ counts }) =>
      ['green', 'amber'].flatMap((verdict) =>
        ['ok', 'wrong'].map((outcome) => ({
          labels: { verdict, outcome },
          value: counts.value('finding', `${verdict}_${outcome}`),
        })),
      ),
    { verdict: '`green`, `amber`', outcome: '`ok`, `wrong`' },
  ),
  metric('histogram', 'stage_seconds', 'Time of each stage of a cup; `total` is from trigger to light.', stageSamples, {
    stage: stages.map((stage) => `\`${stage}\``).join(', '),
    le: 'upper bound of the bucket, in seconds',
  }),
  liveCounter('starts', 'starts', 'Starts of the station.'),
  liveCounter(
    'triggers_refused',
    'chatter_refused',
    'Rises of the sensor that were not taken for a cup: bounces, and arrivals sooner than `trigger.minGapMs`.',
  ),
  liveCounter(
    'triggers_not_ready',
    'triggers_not_ready',
    'Cups that came while the station could not judge. Cups that came before the last verdict are the reason `retrigger`.',
  ),
  liveCounter(
    'late_judgements',
    'late_judgements',
    'Judgements that came after their cup had its verdict (`timeout`).',
  ),
  liveCounter('storage_failures', 'storage_failures', 'Times that the rows of a cup could not be written.'),
  liveCounter('camera_frames', 'camera_frames', 'Frames that came from the camera.'),
  liveCounter('camera_frames_missed', 'camera_frames_missed', 'Frames that the camera numbered and that never came.'),
  liveCounter('infer_restarts', 'infer_restarts', 'Times that the judging process was started again.'),
  counter('results_delivered', 'Results that the broker has taken.', ({ counts }) => alone(counts.value('delivered'))),
  liveCounter('results_refused', 'publishes_refused', 'Times that the broker refused a result.'),
  liveCounter('broker_connects', 'broker_connects', 'Connections to the broker.'),
  gauge('broker_connected', '1 = the broker answers.', ({ status }) => flag(status.broker.connected)),
  gauge('outbox_waiting', 'Results that wait for the broker.', ({ status }) => alone(status.broker.waiting)),
  gauge('outbox_stuck', '1 = the oldest result cannot be delivered and holds up the others.', ({ status }) =>
    flag(status.broker.stuck !== null),
  ),
  gauge('light_connected', '1 = the light process answers.', ({ status }) => flag(status.light.connected)),
  gauge('camera_streaming', '1 = frames come.', ({ status }) => flag(status.camera.state === 'streaming')),
  liveCounter('pictures_written', 'pictures_written', 'Pictures of cups that were kept.'),
  liveCounter('pictures_dropped', 'pictures_dropped', 'Pictures that were not kept: the disk was too slow or refused.'),
  liveCounter('pictures_pruned', 'pictures_pruned', 'Pictures removed to stay within `images.maxBytes`.'),
  gauge('memory_bytes', 'Resident memory of core.', ({ host }) => alone(host.memoryBytes)),
  gauge('disk_free_bytes', 'Free on the disk of the state.', ({ host }) => alone(host.diskFreeBytes)),
  gauge('temperature_celsius', 'The hottest sensor; absent where the board does not tell.', ({ host }) =>
    alone(host.tempC),
  ),
];

/** The values of this moment. */
export function readMetrics(from: MetricsSource): readonly Family[] {
  return metrics.map(({ name, type, help, samples }) => ({ name, type, help, samples: samples(from) }));
}
