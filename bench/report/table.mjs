// The results for a terminal.
import {
  aimRows,
  captureRows,
  cropRows,
  decodeRows,
  judgementRows,
  latencyRows,
  stageRows,
  startRows,
} from './rows.mjs';

function grid({ head, rows }) {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .filter((line) => line !== '')
    .join('\n');
}

export function table(results, aims) {
  const { crops, decode, capture, judgement, station, machine, source } = results;
  const blocks = [
    `${machine.cpu}, ${machine.cores} cores; commit ${source.commit ?? 'unknown'}${source.changed ? ', changed' : ''}`,
    ...(crops === undefined ? [] : [grid(cropRows(crops))]),
    ...(decode === undefined ? [] : [grid(decodeRows(decode))]),
    ...(capture === undefined ? [] : [grid(captureRows(capture))]),
    ...(judgement === undefined ? [] : [grid(judgementRows(judgement))]),
    ...(station === undefined ? [] : [latencyRows, stageRows, startRows].map((rows) => grid(rows(station)))),
    ...(aims.length === 0 ? [] : [grid(aimRows(aims))]),
  ];
  return blocks.join('\n\n');
}
