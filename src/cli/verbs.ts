import type { Command } from 'commander';
import type { Cli } from './cli.js';
import { registerBundle } from './verbs/bundle.js';
import { registerCamera } from './verbs/camera.js';
import { registerCalibrate } from './verbs/calibrate.js';
import { registerCompletion } from './verbs/completion.js';
import { registerConfig } from './verbs/config.js';
import { registerDemo } from './verbs/demo.js';
import { registerDoctor } from './verbs/doctor.js';
import { registerEngine } from './verbs/engine.js';
import { registerEnrol } from './verbs/enrol.js';
import { registerEvaluate } from './verbs/evaluate.js';
import { registerGolden } from './verbs/golden.js';
import { registerJournal } from './verbs/journal.js';
import { registerJudge } from './verbs/judge.js';
import { registerLight } from './verbs/light.js';
import { registerOrder } from './verbs/order.js';
import { registerOutbox } from './verbs/outbox.js';
import { registerRecalibrate } from './verbs/recalibrate.js';
import { registerReplay } from './verbs/replay.js';
import { registerResolve } from './verbs/resolve.js';
import { registerRun } from './verbs/run.js';
import { registerSelfTest } from './verbs/selftest.js';
import { registerSim } from './verbs/sim.js';
import { registerStatus } from './verbs/status.js';
import { registerSupportBundle } from './verbs/support-bundle.js';
import { registerTrigger } from './verbs/trigger.js';

/** Every verb, in the order of the help. */
export const verbs: readonly ((program: Command, cli: Cli) => void)[] = [
  registerRun,
  registerDemo,
  registerStatus,
  registerDoctor,
  registerSupportBundle,
  registerTrigger,
  registerOrder,
  registerResolve,
  registerJudge,
  registerReplay,
  registerEvaluate,
  registerEnrol,
  registerRecalibrate,
  registerCalibrate,
  registerBundle,
  registerEngine,
  registerGolden,
  registerSelfTest,
  registerCamera,
  registerConfig,
  registerOutbox,
  registerJournal,
  registerSim,
  registerCompletion,
  registerLight,
];
