// The results as rows of text: the terminal and the page print the same ones.

export const number = (value, digits = 2) => (value === null || value === undefined ? '–' : value.toFixed(digits));
const ms = (value) => number(value, value < 1 ? 3 : value < 20 ? 2 : 1);
const span = ({ median, low, high }) => `${ms(median)} (${ms(low)}–${ms(high)})`;
const times = (of) => (of === null ? '1' : `${number(of.median, 2)} (${number(of.low, 2)}–${number(of.high, 2)})`);

export function aimRows(aims) {
  return {
    head: ['aim', 'wanted', 'found', 'spread', ''],
    rows: aims.map(({ title, wanted, found, low, high, unit, met }) => [
      title,
      wanted,
      `${number(found, unit === '%' ? 1 : 2)} ${unit}`.trim(),
      low === undefined ? '' : `${number(low)}–${number(high)}`,
      met ? 'met' : 'missed',
    ]),
  };
}

export function cropRows({ rows }) {
  return {
    head: ['ten crops', 'ms (80 % of rounds)', '× ours (80 % of rounds)'],
    rows: rows.map(({ name, ms: took, timesOurs }) => [name, span(took), times(timesOurs)]),
  };
}

export function decodeRows({ cases }) {
  return {
    head: ['picture', 'read', 'who', 'ms (80 % of rounds)', '× ours (80 % of rounds)'],
    rows: cases.flatMap(({ picture, read, rows }) =>
      rows.map(({ name, ms: took, timesOurs }) => [picture, read, name, span(took), times(timesOurs)]),
    ),
  };
}

export function captureRows({ width, height, cases }) {
  return {
    head: [`${width}×${height} from`, 'handed out, ms of CPU (80 % of frames)', 'least', 'left, ms of CPU'],
    rows: cases.map(({ format, handedMs, leftMs }) => [format, span(handedMs), ms(handedMs.least), ms(leftMs)]),
  };
}

export function judgementRows({ cases }) {
  return {
    head: ['cup', 'items', 'who', 'in all, ms', 'networks, ms', 'outside, ms', 'outside, × ours'],
    rows: cases.flatMap(({ image, items, ours, plain, outsideTimesOurs }) => [
      [image, String(items), 'cupcheck', span(ours.totalMs), span(ours.networksMs), span(ours.outsideMs), '1'],
      [
        image,
        String(items),
        'plain script',
        span(plain.totalMs),
        span(plain.networksMs),
        span(plain.outsideMs),
        times(outsideTimesOurs),
      ],
    ]),
  };
}

export function latencyRows({ sizes, mixed }) {
  const row = (name, { cups, ms: took, p95OverP50 }) => {
    const { p50, p95, p99, max } = took.total;
    return [name, String(cups), ...[p50, p95, p99, max].map((value) => number(value, 0)), number(p95OverP50)];
  };
  return {
    head: ['items', 'cups', 'p50, ms', 'p95, ms', 'p99, ms', 'max, ms', 'p95 / p50'],
    rows: [...sizes.map((size) => row(String(size.items), size)), row('mixed', mixed)],
  };
}

/** Stages in the order of the account; the last ones are parts of "everything else". */
export const stageNames = {
  total: 'trigger to light',
  settle: 'settling',
  frame: 'waiting for frames',
  networks: "networks' own run",
  fsync: 'fsync',
  else: 'everything else',
  decode: '– decode',
  quality: '– quality',
  detect: '– detect, without the network',
  crop: '– crop',
  infer: '– infer, without the network',
  judge: '– judge',
  around: '– messages, comparison, journal, light',
};

export function stageRows({ sizes }) {
  const share = (size) => `${number(size.elseShare.p50 * 100, 1)} % (p95 ${number(size.elseShare.p95 * 100, 1)} %)`;
  return {
    head: ['median, ms', ...sizes.map(({ items }) => `${items} items`)],
    rows: [
      ...Object.entries(stageNames).map(([stage, name]) => [
        name,
        ...sizes.map((size) => number(size.ms[stage].p50, 1)),
      ]),
      ['everything else, share', ...sizes.map(share)],
    ],
  };
}

export function startRows({ first, memoryMib }) {
  const mib = (which) =>
    Object.entries(memoryMib[which])
      .map(([name, value]) => `${name} ${number(value, 0)}`)
      .join(', ');
  return {
    head: ['', ''],
    rows: [
      [`start to ready, ms (${first.starts} starts)`, span(first.readyMs)],
      [`first cup after a start, ${first.items} items, ms`, span(first.totalMs)],
      ['memory when ready, MiB resident', mib('first')],
      ['memory after the last cup, MiB resident', mib('last')],
    ],
  };
}
