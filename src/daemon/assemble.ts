import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import { asCupcheckError, CupcheckError } from '../errors.js';
import { FrameRing } from '../native/frame-ring.js';
import { kernelGpio } from '../native/gpio.js';
import { withCalibration } from './calibration/station-calibration.js';
import type { Config } from './config/schema.js';
import { ControlServer } from './control/server.js';
import { stationVerbs } from './control/station-verbs.js';
import { openDevices } from './devices.js';
import { hostFacts } from './health/host.js';
import { inferSettings, journalLimits, picturePolicy } from './from-config.js';
import { InferParent } from './infer/parent.js';
import type { JudgesBy } from './bundles/judging-bundle.js';
import { SqliteJournal } from './journal/sqlite-journal.js';
import { LightLease } from './light/client.js';
import { OperateStation } from './operate.js';
import { OrderBook } from './order-book.js';
import { goldenName } from './golden/compare-golden.js';
import { SelfTest } from './golden/self-test.js';
import type { FaultSource } from './station/states.js';
import { Station } from './station/station.js';
import { checkStation } from './station-check/check-station.js';
import { stationLooks } from './station-check/station-looks.js';
import { TriggerTap } from './station-check/trigger-tap.js';
import { freshJpeg } from './fresh-jpeg.js';
import { runtimeFindings } from './runtime-findings.js';
import { exposition } from './statistics/exposition.js';
import { LiveCounts } from './statistics/live-counts.js';
import { readMetrics } from './statistics/metrics.js';
import { MetricsServer } from './statistics/metrics-server.js';
import { summarize } from './statistics/summary.js';
import { openAnnouncer } from './announce.js';
import { closeOpenRows } from './recover.js';
import { stationRequests } from './mqtt/station-requests.js';
import type { StationStatus } from './status.js';
import { betweenCupsOf } from './update/between-cups.js';
import { BundleUpdates } from './update/bundle-updates.js';
import { GoldenProver } from './update/golden-prover.js';
import { LivePictureProver } from './update/live-picture-prover.js';
import { stationShelf } from './update/station-shelf.js';
import { SwitchingJudge } from './update/switching-judge.js';
import { reportStatus, type StatusSources } from './report-status.js';
import type { Result } from './result.js';
import { systemClock } from './system-clock.js';

/** Pictures that may wait for the disk; each has some hundred kilobytes. */
const maxPicturesWaiting = 16;
/** Loading and warming up the networks of a large bundle on a slow board. */
const loadTimeoutMs = 120_000;
/** An idle judging process is asked this often whether it still answers. */
const pingEveryMs = 5000;

/** A station at work. */
export interface RunningStation {
  readonly station: Station;
  readonly operate: OperateStation;
  /** Whether frames went on coming since it was asked last; a station in fault is alive, because it says so itself. */
  alive(): boolean;
  /** Takes no more cups, ends the one in progress, and gives everything back. */
  close(): Promise<void>;
}

/**
 * Builds every part of a station and wires them; nothing else in core builds a real thing.
 * Returns when the station can be asked, which is before it can judge.
 * @param inferEntry another program as the judging process; tests name one of their own
 * Errors: CONFIG_INVALID, PICTURE_UNREADABLE, STORAGE_FAULT, JOURNAL_NEWER, ALREADY_RUNNING, SOCKET_FAULT.
 */
export async function assembleStation(
  given: Config,
  configSha256: string,
  log: Logger,
  inferEntry?: string,
): Promise<RunningStation> {
  // Where the document cannot be read no bundle judges, and that is told.
  const config = await withCalibration(given).catch(() => given);
  const clock = systemClock;
  const session = randomUUID();
  const startedNs = clock.nowNs();
  const startedUnixS = clock.utc().getTime() / 1000;
  await mkdir(config.state.path, { recursive: true });
  await mkdir(dirname(config.control.socket), { recursive: true });

  const ring = FrameRing.create({ slots: config.camera.ringSlots, slotBytes: config.camera.slotBytes });
  const { camera, trigger, simulation } = await openDevices(config, ring, clock);
  const journal = await SqliteJournal.open({
    path: config.journal.path,
    limits: journalLimits(config),
    pictures: { folder: config.images.path, maxBytes: config.images.maxBytes, maxWaiting: maxPicturesWaiting },
    log: log.child({ module: 'journal' }),
    onFault: (error) => (error === null ? station.clear('storage') : raise('storage', error)),
  });
  const light = new LightLease({
    clock,
    socketPath: config.light.socket,
    leaseMs: config.light.leaseMs,
    renewMs: config.light.renewMs,
  });
  const judge = new SwitchingJudge();
  const judgingProcess = (by: JudgesBy) =>
    new InferParent({
      settings: inferSettings(config, by),
      ringFd: ring.fd,
      timeoutMs: config.infer.timeoutMs,
      loadTimeoutMs,
      pingEveryMs,
      log: log.child({ module: 'infer' }),
      ...(inferEntry === undefined ? {} : { entry: inferEntry }),
    });
  const orders = new OrderBook(
    join(config.state.path, 'order.json'),
    () => judge.info?.designs ?? null,
    config.order.defaultLifetimeS,
  );
  const host = await hostFacts(config.state.path);

  const station: Station = new Station({
    clock,
    camera,
    light,
    judge,
    journal,
    orders,
    log: log.child({ module: 'station' }),
    facts: { station: config.station.name, session, mode: config.station.mode, configSha256 },
    host: () => host.current(),
    picture: picturePolicy(config),
    frameBytes: (frame) => ring.view(frame.slot, frame.generation, frame.bytes),
    presenceKnown: config.trigger.kind === 'level',
    audited: () => Math.random() < config.audit.share,
    doubt: () => selfTest.doubt(),
    times: config.station,
  });
  const raise = (source: FaultSource, thrown: unknown): void => {
    const error = asCupcheckError(thrown);
    station.raise({ source, message: error.message, help: error.help });
  };

  let last: Result | null = null;
  const counts = { green: 0, amber: 0 };
  station.onResult((result) => {
    last = result;
    counts[result.verdict]++;
  });

  camera.onState((state) => {
    if (state === 'streaming') station.clear('camera');
    else if (state === 'gone')
      raise('camera', camera.problem ?? new CupcheckError('CAMERA_GONE', 'the camera is gone'));
  });
  light.onLost((error) => raise('light', error));
  light.onConnected(() => station.clear('light'));
  judge.onState((state, error) => {
    if (state === 'ready') {
      station.clear('bundle');
      station.started();
    } else if (state === 'failed') raise('bundle', error);
  });

  const { commitWithinS, keepPrevious, trialCups, trialFailures } = config.bundle;
  const { frameTimeoutMs, deadlineMs } = config.station;
  const betweenCups = betweenCupsOf(station);
  const { path: goldenFolder, maxScoreDifference, maxAmbers } = config.golden;
  const updates = new BundleUpdates({
    shelf: stationShelf(config, judgingProcess),
    judge,
    betweenCups,
    provers: [
      new LivePictureProver({ camera, clock, frameTimeoutMs, deadlineMs, ringSlots: ring.slots }),
      new GoldenProver({
        folder: goldenFolder,
        maxScoreDifference,
        maxAmbers,
        onProved: (info) => selfTest.vouch(info),
      }),
    ],
    clock,
    commitWithinS,
    keepPrevious,
    trial: { cups: trialCups, failures: trialFailures },
    log: log.child({ module: 'bundles' }),
    onFault: (error) => raise('bundle', error),
    onChanged: () => announce(),
  });
  station.onResult((result) => updates.saw(result));
  const freshPicture = (signal: AbortSignal) => freshJpeg(camera, clock, ring, frameTimeoutMs, signal);
  const tap = new TriggerTap((event) => station.sensed(event));
  const looks = stationLooks({
    config,
    station,
    gpio: kernelGpio,
    clock,
    light,
    tap,
    frame: freshPicture,
    lastResult: () => last,
  });
  const selfTest: SelfTest = new SelfTest({
    folder: goldenFolder,
    reportPath: join(config.state.path, 'selftest.json'),
    judge,
    betweenCups,
    checkParts: checkStation(looks, station),
    clock,
    limits: { maxScoreDifference, maxAmbers, ...config.selftest },
    log: log.child({ module: 'selftest' }),
    onFailed: ({ by, failed: [first] }) =>
      updates.selfTestFailed(
        by.bundle,
        first === undefined ? 'no picture named' : `${goldenName(first)}: ${first.why}`,
      ),
  });

  const broker = {
    enabled: config.mqtt.enabled,
    get connected() {
      return announcer.connected;
    },
    get stuck() {
      return announcer.stuck;
    },
  };
  const liveCounts: LiveCounts = new LiveCounts({
    journal,
    station,
    log: log.child({ module: 'statistics' }),
    session: {
      chatter_refused: () => trigger.refused,
      triggers_not_ready: () => station.triggersNotReady,
      late_judgements: () => station.lateJudgements,
      storage_failures: () => station.storageFailures,
      camera_frames: () => camera.framesSeen,
      camera_frames_missed: () => camera.framesMissed,
      infer_restarts: () => judge.restarts,
      broker_connects: () => announcer.connects,
      publishes_refused: () => announcer.refusals,
      pictures_written: () => journal.pictures.written,
      pictures_dropped: () => journal.pictures.dropped,
      pictures_pruned: () => journal.pictures.pruned,
    },
  });
  const statistics = { since: journal.countedSince, counts: journal.counts, live: liveCounts.value };
  const sources: StatusSources = {
    config,
    session,
    startedNs,
    clock,
    station,
    camera,
    light,
    judge,
    trialUntil: () => updates.state?.trial?.until ?? null,
    selfTest: () => selfTest.status,
    orders,
    broker,
    lastResult: () => last,
    counts: () => counts,
    statistics: () => summarize(statistics),
  };
  /** As the journal said last: it is asked with each state of the station, and with each beat of health. */
  let waiting = 0;
  const status = async (): Promise<StationStatus> => {
    ({ waiting } = await journal.outbox());
    await selfTest.look();
    return reportStatus(sources, waiting);
  };
  const operate = new OperateStation({
    station,
    orders,
    journal,
    clock,
    broker,
    simulation,
    bundles: updates,
    selfTest,
    frame: freshPicture,
    findings: async () =>
      runtimeFindings({
        status: await status(),
        metricsError: metrics?.error?.message ?? null,
        metricsPort: config.metrics.port,
        picturesDropped: journal.pictures.dropped,
        inferRestarts: judge.restarts,
        storageFailures: station.storageFailures,
        sensorMissed: trigger.missed,
        throttled: host.current().throttled,
        unproven: camera.unproven,
        framesDamaged: camera.framesDamaged,
      }),
    status,
  });
  const announcer = openAnnouncer({
    config,
    configSha256,
    startedUtc: clock.utc().toISOString(),
    journal,
    handle: stationRequests(operate),
    status,
    picturesDropped: () => journal.pictures.dropped,
    host: () => host.current(),
    log: log.child({ module: 'mqtt' }),
  });
  // The newest state goes out; states that came while one was being asked for are not news any more.
  const announce = latest(async () => {
    const now = await status();
    announcer.info(now, judge.info);
    announcer.state(now);
  }, log);
  station.onState((state) => {
    announce();
    // Between cups there is time for the disk.
    if (state.name === 'ready') journal.checkpoint().catch((error: unknown) => raise('storage', error));
  });
  judge.onState(announce);
  const metrics = config.metrics.enabled
    ? new MetricsServer({
        port: config.metrics.port,
        // From memory alone: a scrape asks neither the journal nor the disk.
        read: () =>
          exposition(
            readMetrics({ ...statistics, status: reportStatus(sources, waiting), host: host.current(), startedUnixS }),
          ),
        log: log.child({ module: 'metrics' }),
      })
    : null;
  const control = new ControlServer({
    socketPath: config.control.socket,
    group: config.control.group,
    verbs: stationVerbs(operate),
    log: log.child({ module: 'control' }),
  });
  await control.start();
  announcer.start();
  liveCounts.start();
  await metrics?.start();

  await light.start().catch((error: unknown) => raise('light', error));
  await closeOpenRows(journal, light, log);
  await orders.load((orderId) => journal.orderUse(orderId)).catch((error: unknown) => raise('storage', error));
  await camera.start();
  // Before the first cup: what the last self-test found counts for it.
  await selfTest.start();
  // The socket answers by now: a command that changes the document without the station has seen that it runs.
  await updates.start();
  await trigger.start(tap.take);
  if (judge.info !== null) station.started();
  announce();

  let framesSeen = 0;
  return {
    station,
    operate,
    alive() {
      const before = framesSeen;
      framesSeen = camera.framesSeen;
      return framesSeen > before || station.health === 'fault';
    },
    async close() {
      await trigger.stop();
      await station.drain();
      await control.close();
      await metrics?.stop();
      await selfTest.stop();
      await updates.stop();
      await camera.stop();
      await light.close();
      await announcer.stop();
      await liveCounts.stop();
      await journal.close();
      host.stop();
      ring.close();
    },
  };
}

/** Runs `work` at once, or once more after the run that is under way. */
function latest(work: () => Promise<void>, log: Logger): () => void {
  let running = false;
  let again = false;
  const run = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      await work().catch((error: unknown) => log.warn({ err: asCupcheckError(error) }, 'the state was not announced'));
    } while (again);
    running = false;
  };
  return () => {
    again = true;
    if (!running) void run();
  };
}
