// What was aimed at, and what came out. A claim is met by what the numbers say, never by hand.

const faster = (rows, names) =>
  rows.filter(({ name }) => names.includes(name)).toSorted((a, b) => a.ms.median - b.ms.median)[0];

function cropAims({ rows }) {
  const against = (title, names, wanted) => {
    const row = faster(rows, names);
    if (row === undefined) return [];
    const found = row.timesOurs;
    return [
      {
        title,
        wanted: `≥ ${wanted} ×`,
        found: found.median,
        low: found.low,
        high: found.high,
        unit: '×',
        met: found.median >= wanted,
      },
    ];
  };
  return [
    ...against('ten crops against sharp (its faster filter), one thread', ['sharp lanczos3', 'sharp linear'], 30),
    ...against('ten crops against OpenCV with the same area filter, one thread', ['OpenCV area'], 5),
    ...against('ten crops against OpenCV bilinear, one thread', ['OpenCV bilinear'], 1),
  ];
}

function captureAims({ cases }) {
  const yuyv = cases.find(({ format }) => format === 'yuyv').handedMs;
  return [
    {
      title: 'capture of a 1080p YUYV frame that is handed out, CPU (median)',
      wanted: '≤ 1 ms',
      found: yuyv.median,
      low: yuyv.low,
      high: yuyv.high,
      unit: 'ms',
      met: yuyv.median <= 1,
    },
  ];
}

function judgementAims({ cases }) {
  const worst = cases.map(({ outsideTimesOurs }) => outsideTimesOurs).toSorted((a, b) => a.median - b.median)[0];
  return [
    {
      title: 'time outside the networks against the plain script, at equal verdicts (worst cup)',
      wanted: '≥ 10 ×',
      found: worst.median,
      low: worst.low,
      high: worst.high,
      unit: '×',
      met: worst.median >= 10,
    },
  ];
}

function stationAims({ sizes, cups }) {
  const share = Math.max(...sizes.map(({ elseShare }) => elseShare.p50));
  const slowest = Math.max(...sizes.map(({ p95OverP50 }) => p95OverP50));
  return [
    {
      title:
        'everything else (no networks, settling, waiting for frames, fsync) of trigger to light (worst size, median)',
      wanted: '≤ 15 %',
      found: share * 100,
      unit: '%',
      met: share <= 0.15,
    },
    {
      title: `p95 over p50 of trigger to light, ${cups} cups (worst size)`,
      wanted: '≤ 1.3',
      found: slowest,
      unit: '',
      met: slowest <= 1.3,
    },
  ];
}

/** Of the parts that were measured. */
export function aimsOf({ crops, capture, judgement, station }) {
  return [
    ...(crops === undefined ? [] : cropAims(crops)),
    ...(capture === undefined ? [] : captureAims(capture)),
    ...(judgement === undefined ? [] : judgementAims(judgement)),
    ...(station === undefined ? [] : stationAims(station)),
  ];
}
