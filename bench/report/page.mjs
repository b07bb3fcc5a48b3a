// docs/performance.md from the results. Every number comes from them; the words are about how they were made.
import { aimsOf } from './aims.mjs';
import { aimRows, cropRows, decodeRows, judgementRows, latencyRows, number, stageRows, startRows } from './rows.mjs';

function markdown({ head, rows }) {
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}

const image = (title, file) => `![${title}](performance/${file})`;

function heading({ machine, source, peers, at }) {
  const changed = source.changed ? ', with changes that were not committed' : '';
  return `# Performance

Made by \`npm run docs:performance\` from \`bench/results.json\`, which \`npm run bench -- --keep\` wrote. Do not edit by hand.

| | |
| --- | --- |
| machine | ${machine.cpu}, ${machine.cores} cores |
| load of the last minute when the run ended | ${number(machine.load1, 1)} |
| commit | ${source.commit ?? 'unknown'}${changed} |
| day | ${at.slice(0, 10)} |
| Node.js | ${machine.node} |
| sharp | ${peers.sharp} |
| OpenCV | ${peers.openCv ?? 'not there'} |

Everybody takes turns in one run, a round each, every second round the other way around: what disturbs the machine disturbs all alike.
A round of crops or decoding is the quickest of a few calls, of a judgement it is one call. A time is the median over the rounds, with the span of the middle 80 % of them; a ratio is formed in each round, and then its median is taken.
So ratios can be trusted on a busy machine, and milliseconds only as far as the machine was quiet.`;
}

function cropSection({ crops }) {
  const worst = Math.max(
    ...Object.entries(crops.equal).flatMap(([name, { mostLevels }]) =>
      name.startsWith('OpenCV area') ? [mostLevels] : [],
    ),
  );
  const others = Math.max(
    ...Object.entries(crops.equal).flatMap(([name, { meanLevels }]) =>
      name.startsWith('OpenCV area') ? [] : [meanLevels],
    ),
  );
  const binding =
    crops.bindingMs === null
      ? ''
      : ` It runs through Debian's Python binding, as one process that times itself; the binding's own share of a call is ${number(crops.bindingMs, 3)} ms, and is left in.`;
  const same = Number.isFinite(worst)
    ? `Before anything is timed the tensors are compared. OpenCV's area filter is ours: the largest difference is ${number(worst, 2)} levels of 255, because OpenCV rounds to bytes before it normalises.\nThe other filters are not the same, and differ by ${number(others, 2)} levels on average at most.`
    : `Before anything is timed the tensors are compared: sharp's filters are not ours, and differ by ${number(others, 2)} levels on average at most.`;
  return `## Crops

${crops.count} squares of 150 to 260 px out of a ${crops.frame.join('×')} RGB frame, as one ${crops.count}×3×${crops.side}×${crops.side} float32 tensor, over ${crops.rounds} rounds.
"write" only fills the tensor: nobody can be faster. sharp extracts and resizes each box from the raw frame, then JavaScript normalises. OpenCV resizes each box and calls \`blobFromImages\`.${binding}

${same}

${markdown(cropRows(crops))}

${image('Ten crops, by who makes them', 'crops.svg')}`;
}

const decodeSection = ({ decode }) => `## Decode

A JPEG to pixels, one thread each, over ${decode.rounds} rounds: whole, at half and a quarter of each side, and grey. The pixels are compared first: OpenCV's are ours, sharp's half, quarter and grey are made in its own ways.

${markdown(decodeRows(decode))}

${image('Decoding, by who does it', 'decode.svg')}`;

const judgementSection = ({ judgement }) => `## A whole judgement

Our pipeline and \`bench/peers/plain-script.mjs\`, a script as a user would write it with sharp and onnxruntime-node, on the same networks, ${judgement.threads} threads, the same pictures, one frame each, over ${judgement.rounds} rounds.
The script decodes once, resizes for the detector, reads its peaks, crops with sharp, runs all items as one batch and compares with the gallery by the same threshold; it checks count, rough size, overlap and focus.
It has no rims, no exposure, nothing that is unexplained against the empty cup, and no words for a reason. Its limits for overlap and focus were chosen on the demo's cups.
On all ${judgement.verdicts.length} demo cups both give the verdict that is expected; that is checked in every run.

${markdown(judgementRows(judgement))}

${image('One picture judged: networks and the rest', 'judgement.svg')}`;

function stationSection({ station }) {
  const flame =
    station.profile === undefined
      ? ''
      : `

### Where the judging process spends its time

A profile over ${station.profile.cups} cups of the sizes above. Blue: the networks. Green: the native addon. Orange: JavaScript. Grey: the garbage collector.

${image('Flame graph of the judging process', 'flame.svg')}`;
  return `## From trigger to light

The station's real processes (core, infer, light) with simulated devices, as shipped: ${station.camera.fps} frames a second, ${station.settleMs} ms to settle. ${station.cups} cups of 1280×960, the sizes take turns; all are green, so each is compared with a third frame before the light. Cups are drawn by \`models/generate\`.

${markdown(latencyRows(station))}

${image('Share of cups that are done by a time', 'latency.svg')}

Probes in the processes tell when a network ran, when core waited for a frame, and when \`fsync\` ran; a moment that two of them share counts once. "Everything else" is what remains.

${markdown(stageRows(station))}

${image('Trigger to light by stage', 'stages.svg')}

${markdown(startRows(station))}${flame}`;
}

/** @param tried what was tried where an aim is missed, by a person */
export function page(results, tried) {
  const aims = aimsOf(results);
  const missed = aims.filter(({ met }) => !met);
  const verdict =
    missed.length === 0
      ? 'All aims are met.'
      : `${missed.length} of ${aims.length} aims ${missed.length === 1 ? 'is' : 'are'} missed.`;
  return `${[
    heading(results),
    `## Aims\n\n${markdown(aimRows(aims))}\n\n${verdict}`,
    cropSection(results),
    decodeSection(results),
    judgementSection(results),
    stationSection(results),
    tried.trim(),
  ].join('\n\n')}\n`;
}
