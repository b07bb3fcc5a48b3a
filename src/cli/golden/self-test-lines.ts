import type { SelfTestAnswer } from '../../daemon/control/station-verbs.js';
import { failedParts } from '../../daemon/golden/self-test-report.js';
import { goldenName, type GoldenOutcome, type GoldenVerdict } from '../../daemon/golden/compare-golden.js';
import { counted, indented } from '../layout.js';
import { paint, type Terminal } from '../terminal.js';

const words: Readonly<Record<GoldenOutcome, string>> = {
  right: 'ok',
  better: 'ok',
  lost: 'FAIL',
  false_green: 'FAIL',
  scores: 'FAIL',
  unreadable: 'FAIL',
};

function saidOf({ outcome, verdict, truth, difference, sameModel }: GoldenVerdict): string {
  const scores = difference === null ? '' : `, scores within ${difference.toFixed(4)}`;
  if (outcome === 'better') return `${verdict}, was amber${scores}`;
  if (outcome !== 'right') return verdict ?? 'not judged';
  const recorded = sameModel ? '' : ', recorded with another bundle or gallery';
  return `${verdict}${truth === 'wrong' ? ', as it must be' : ''}${scores}${recorded}`;
}

/** A line a picture, and one that says what is wrong with it. */
export function pictureLines(picture: GoldenVerdict, terminal: Terminal): string[] {
  const { outcome, why } = picture;
  const word = words[outcome];
  const painted = paint(terminal, word === 'ok' ? 'green' : 'red', word.padEnd(4));
  return [`${painted}  ${goldenName(picture)}  ${saidOf(picture)}`, ...(why === null ? [] : indented(why, 6))];
}

const partsTexts: Readonly<Record<SelfTestAnswer['parts'], string>> = {
  answer: 'Camera, light and networks answer.',
  fault: 'The station is in fault: cupcheck status.',
  cup: 'Camera and light were not looked at: a cup is in the station.',
};

/** How it ended. */
export function answerLines({ parts, report, doubt }: SelfTestAnswer): string[] {
  const { outcome, pictures, failures, by, ms } = report;
  const judged = `${by.name} ${by.version} on ${by.provider}, ${(ms / 1000).toFixed(1)} s`;
  const kept = counted(pictures, 'golden picture');
  const broken = failedParts(report).map(({ part }) => part);
  const ended = {
    passed: `Passed: ${kept} as they must be (${judged}).`,
    failed: `FAILED: ${failures} of ${kept} (${judged}).`,
    no_pictures: 'No golden picture is kept: cupcheck golden add CUP --truth ok|wrong.',
  }[outcome];
  return [
    partsTexts[parts],
    ...(broken.length === 0 ? [] : [`FAILED: ${broken.join(', ')}.`]),
    ended,
    ...(doubt === null ? [] : ['Cups are amber (selftest_overdue) until a self-test passes.']),
  ];
}
