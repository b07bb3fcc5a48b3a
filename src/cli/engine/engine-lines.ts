import type { BuiltEngine } from '../../daemon/engines/build-engine.js';
import type { EngineChoice } from '../../daemon/engines/choose-engine.js';
import type { EngineProof } from '../../daemon/engines/engine-record.js';
import type { InferSettings } from '../../daemon/infer/settings.js';
import type { EngineSurvey, SurveyedEngine } from '../../daemon/engines/survey.js';
import { counted, fields, hanging, indented, minuteOf } from '../layout.js';
import { paint, type Terminal } from '../terminal.js';

/** What no output may keep quiet. */
export const untried =
  'NOT RUN ON HARDWARE by the makers of cupcheck: no TensorRT engine was ever built by them. Only the parts around it were run.';

const perPicture = ({ cpuMs, engineMs, pictures }: EngineProof): string =>
  pictures === 0 ? '' : `; ${cpuMs.toFixed(0)} ms a picture on the CPU, ${engineMs.toFixed(0)} ms by the engine`;

const scoresText = ({ difference, allowed }: EngineProof): string =>
  difference === null ? '' : `, scores within ${difference.toFixed(4)} (allowed: ${allowed})`;

export function proofText(proof: EngineProof): string {
  const kept = counted(proof.pictures, 'golden picture');
  if (proof.outcome === 'no_pictures') return 'compared over no golden picture';
  if (proof.outcome === 'same') return `same verdicts over ${kept}${scoresText(proof)}${perPicture(proof)}`;
  return `${proof.differences} of ${kept} judged otherwise${scoresText(proof)}${perPicture(proof)}`;
}

const differentLines = ({ different, differences }: EngineProof): string[] => [
  ...different.flatMap(({ cup, seq, why }) => indented(`cup ${seq ?? cup}: ${why}`, 2)),
  ...(differences > different.length ? indented(`and ${differences - different.length} more`, 2) : []),
];

const ends: Readonly<Record<EngineProof['outcome'], string>> = {
  same: 'It serves from the next start of the judging process: sudo systemctl restart cupcheck, or the activation of its bundle.',
  different: 'REFUSED: it is not used. The station loads its networks without it.',
  no_pictures:
    'It is not used: nothing says that it judges like the CPU. Keep golden pictures (cupcheck golden add), then run this again.',
};

const outcomes: Readonly<Record<BuiltEngine['outcome'], string>> = {
  built: 'built',
  compared: 'was there, compared again',
  nothing_to_do: 'was there, compared before: nothing to do',
};

/** What the station of the config loads: the provider that it tries first, and which weights. */
export interface StationWish {
  readonly provider: string;
  readonly precision: InferSettings['precision'];
}

/** What of the config keeps a proved engine from serving; `null` = nothing. */
function hindrance({ provider, precision }: BuiltEngine, wish: StationWish): string | null {
  if (provider !== wish.provider)
    return `the station tries ${wish.provider} first. It serves once ${provider} stands first in providers.order.`;
  if (wish.precision !== 'auto' && precision !== wish.precision)
    return `infer.precision is ${wish.precision}. It serves once that is ${precision}${precision === 'fp32' ? '' : ', or auto'}.`;
  return null;
}

export function builtLines(one: BuiltEngine, terminal: Terminal, wish: StationWish): string[] {
  const { precision, key, provider, device, outcome, proof, ms } = one;
  const colour = proof.outcome === 'same' ? 'green' : proof.outcome === 'different' ? 'red' : 'amber';
  const hindered = proof.outcome === 'same' ? hindrance(one, wish) : null;
  const end = hindered === null ? ends[proof.outcome] : `It may serve, and does not yet: ${hindered}`;
  const [first = '', ...more] = hanging(end);
  return [
    ...fields([
      ['engine', `${key.slice(0, 12)}, ${provider}, ${precision}`],
      ['device', device],
      ['outcome', `${outcomes[outcome]}, ${(ms / 1000).toFixed(1)} s`],
      ['proof', proofText(proof)],
    ]),
    ...differentLines(proof),
    paint(terminal, colour, first),
    ...more,
    ...(one.tried ? [] : hanging(untried)),
  ];
}

/** What the active bundle runs in. */
export function choiceText({ precision, engine }: EngineChoice): string {
  const why = precision.because === null ? '' : ` (${precision.because})`;
  const by =
    engine.used === null ? `no engine: ${engine.because ?? 'none fits'}` : `engine ${engine.used.slice(0, 12)}`;
  return `${precision.used}${why}, ${by}`;
}

function engineLines(one: SurveyedEngine, terminal: Terminal): string[] {
  const mark = one.serves ? '*' : ' ';
  const state = paint(terminal, one.state === 'proved' ? 'green' : 'red', one.state.replace('_', ' '));
  if (!one.ok) return [`${mark} ${one.key.slice(0, 12)}  ${state}`, ...indented(one.problem, 4)];
  const { identity, built, tried, proofs } = one.engine;
  return [
    `${mark} ${one.key.slice(0, 12)}  ${identity.provider} ${identity.precision}  ${minuteOf(built)}  ${state}`,
    ...(one.why === null ? [] : indented(one.why, 4)),
    ...proofs.flatMap((proof) => [
      ...indented(`${proof.name} ${proof.version}, ${proof.judge}: ${proofText(proof)}`, 4),
      ...differentLines(proof).map((line) => `  ${line}`),
    ]),
    ...(tried ? [] : indented(untried, 4)),
  ];
}

export const surveyLines = ({ choice, engines }: EngineSurvey, terminal: Terminal): string[] => [
  ...hanging(`The active bundle, from its next start on: ${choiceText(choice)}.`),
  ...(engines.length === 0 ? ['No engine is built: cupcheck engine build.'] : []),
  ...engines.flatMap((one) => engineLines(one, terminal)),
];

export const prunedLines = (removed: readonly SurveyedEngine[]): string[] =>
  removed.length === 0
    ? ['Nothing to do: each engine serves a bundle that may judge.']
    : removed.flatMap(({ key, state, why }) =>
        hanging(`${key.slice(0, 12)} removed, ${state.replace('_', ' ')}${why === null ? '' : `: ${why}`}`),
      );
