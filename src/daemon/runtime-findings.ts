import type { Finding } from './control/station-verbs.js';
import type { StationStatus } from './status.js';

/** What only the running station can tell `doctor`. */
export interface RuntimeFacts {
  readonly status: StationStatus;
  /** Why the metrics cannot be read; `null` where they can, or are off. */
  readonly metricsError: string | null;
  readonly metricsPort: number;
  /** Since the start. */
  readonly picturesDropped: number;
  readonly inferRestarts: number;
  readonly storageFailures: number;
  /** Changes of the cup sensor that the kernel had no room for, since the start. */
  readonly sensorMissed: number;
  readonly throttled: boolean | null;
  /** Why the camera's frames prove nothing; `null` where they do. */
  readonly unproven: string | null;
  /** Since the start. */
  readonly framesDamaged: number;
}

type Look = (facts: RuntimeFacts) => Omit<Finding, 'check'> | null;

const warn = (detail: string, help: string): Omit<Finding, 'check'> => ({ state: 'warn', detail, help });
const fail = (detail: string, help: string): Omit<Finding, 'check'> => ({ state: 'fail', detail, help });

/** @param unproven why the camera's frames prove nothing */
export const unprovenFrames = (unproven: string): Omit<Finding, 'check'> =>
  fail(`no cup can be green: ${unproven}`, 'Measure it: cupcheck calibrate latency.');

/** One missed frame in a hundred: the board is too slow for `camera.fps`. */
const worrying = 0.01;

const looks: Readonly<Record<string, Look>> = {
  outbox: ({ status: { broker } }) => {
    if (broker.stuck === null) return null;
    const { seq, tries, message } = broker.stuck;
    const what = seq === null ? 'the outbox is stuck' : `cup ${seq} cannot be delivered and holds up later ones`;
    return fail(`${what}: ${message} (tried ${tries} times)`, 'Mend the rights or the limits of the broker.');
  },
  metrics: ({ metricsError, metricsPort }) =>
    metricsError === null ? null : fail(metricsError, `Free port ${metricsPort}, or set metrics.port, and restart.`),
  'false greens': ({ status: { statistics } }) => {
    const wrong = statistics?.found.green_wrong ?? 0;
    if (wrong === 0) return null;
    return fail(
      `${wrong} findings call a green cup wrong`,
      'Look at them: cupcheck journal picture CUP --overlay --out cup.png. Stop relying on green until it is clear why.',
    );
  },
  'self-test': ({ status: { selftest } }) =>
    selftest === null || selftest.doubt === null
      ? null
      : fail(
          `no cup can be green: ${selftest.doubt}`,
          'Run it: cupcheck selftest run. It shows each part and each picture (cupcheck golden list).',
        ),
  trial: ({ status: { judge } }) =>
    judge.trial_until === null
      ? null
      : warn(
          `the bundle ${judge.bundle?.name ?? ''} ${judge.bundle?.version ?? ''} is on trial until ${judge.trial_until}, then it goes back by itself`,
          'cupcheck bundle commit keeps it, cupcheck bundle rollback goes back at once.',
        ),
  provider: ({ status: { judge } }) =>
    judge.fallback === null
      ? null
      : warn(
          `the networks run on ${judge.provider ?? '-'}, not on the first of providers.order: ${judge.fallback}`,
          'Install the GPU build of onnxruntime: docs/install-jetson.md. Or take what is missing out of providers.order.',
        ),
  engine: ({ status: { judge } }) =>
    judge.engine === null || judge.engine.because === null
      ? null
      : warn(
          `no prepared engine is used: ${judge.engine.because}`,
          'cupcheck engine status shows them, cupcheck engine build makes one.',
        ),
  'judging process': ({ inferRestarts }) =>
    inferRestarts === 0
      ? null
      : warn(`started again ${inferRestarts} times since the start`, 'The log says why: journalctl -u cupcheck.'),
  rows: ({ storageFailures }) =>
    storageFailures === 0
      ? null
      : fail(`${storageFailures} times the rows of a cup could not be written since the start`, 'Check the disk.'),
  pictures: ({ picturesDropped }) =>
    picturesDropped === 0
      ? null
      : warn(`${picturesDropped} were not kept since the start: the disk was too slow or refused`, 'Check the disk.'),
  frames: ({ status: { statistics } }) => {
    const { frames, missed } = statistics?.camera ?? { frames: 0, missed: 0 };
    if (missed <= worrying * frames) return null;
    return warn(`${missed} never came, ${frames} did`, 'Lower camera.fps, or take load off the board.');
  },
  'broken frames': ({ framesDamaged, status: { statistics } }) => {
    const frames = statistics?.camera.frames ?? 0;
    if (frames === 0 || framesDamaged <= worrying * frames) return null;
    return warn(
      `${framesDamaged} of ${frames} frames came broken`,
      'Check the cable, and how much else the USB bus carries.',
    );
  },
  latency: ({ unproven }) => (unproven === null ? null : unprovenFrames(unproven)),
  sensor: ({ sensorMissed }) =>
    sensorMissed === 0
      ? null
      : warn(
          `${sensorMissed} changes of the cup sensor were lost since the start: they came faster than they could be read`,
          'Its contact may be loose. trigger.gpio.debounceUs lets the kernel leave the fastest ones out.',
        ),
  heat: ({ throttled }) =>
    throttled === true ? warn('the board is slowed down for heat', 'Give it air; check its fan.') : null,
};

/** Whatever is not well, and nothing where all is. */
export const runtimeFindings = (facts: RuntimeFacts): readonly Finding[] =>
  Object.entries(looks).flatMap(([check, look]) => {
    const found = look(facts);
    return found === null ? [] : [{ check, ...found }];
  });
