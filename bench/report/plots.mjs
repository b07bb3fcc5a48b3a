// Which plot shows what.
import { flameGraph } from './flame-graph.mjs';
import { bars, colours, shares, stacked } from './svg.mjs';

function colourOf(name) {
  if (name === 'cupcheck') return colours.ours;
  if (name.startsWith('sharp')) return colours.sharp;
  return name.startsWith('OpenCV') ? colours.opencv : colours.floor;
}

const bar = ({ name, ms }, shown = name) => ({ name: shown, ...ms, colour: colourOf(name) });

const stageColours = [
  ['settling', 'settle', colours.settle],
  ['waiting for frames', 'frame', colours.wait],
  ['networks', 'networks', colours.networks],
  ['fsync', 'fsync', colours.fsync],
  ['everything else', 'else', colours.outside],
];
const sizeColours = ['#1a7f64', '#3b6fb5', '#b3541e', '#8a6fb5', '#8a8a8a'];

/** By file name. */
export function plotsOf({ crops, decode, judgement, station }) {
  const plots = {
    'crops.svg': bars(
      'ten crops of a 1080p frame',
      'ms',
      crops.rows.map((row) => bar(row)),
      { scale: 'log' },
    ),
    'decode.svg': bars(
      'a JPEG to pixels',
      'ms',
      decode.cases.flatMap(({ picture, read, rows }) => rows.map((row) => bar(row, `${picture} ${read}, ${row.name}`))),
    ),
    'judgement.svg': stacked(
      'one picture judged',
      'ms',
      judgement.cases.flatMap(({ image, items, ours, plain }) =>
        [
          ['cupcheck', ours],
          ['plain script', plain],
        ].map(([who, took]) => ({
          name: `${image.slice(0, 2)} (${items} items), ${who}`,
          parts: [
            { name: 'networks', value: took.networksMs.median, colour: colours.networks },
            { name: 'outside the networks', value: took.outsideMs.median, colour: colours.outside },
          ],
        })),
      ),
    ),
    'stages.svg': stacked(
      'trigger to light, medians by stage',
      'ms',
      station.sizes.map(({ items, ms }) => ({
        name: `${items} items`,
        parts: stageColours.map(([name, stage, colour]) => ({ name, value: ms[stage].p50, colour })),
      })),
    ),
    'latency.svg': shares(
      'trigger to light',
      'ms',
      station.sizes.map(({ items, totalQuantiles }, index) => ({
        name: `${items} items`,
        quantiles: totalQuantiles,
        colour: sizeColours[index % sizeColours.length],
      })),
    ),
  };
  if (station.profile === undefined) return plots;
  const { cups, tree } = station.profile;
  return { ...plots, 'flame.svg': flameGraph(`the judging process over ${cups} cups, without its waiting`, tree) };
}
