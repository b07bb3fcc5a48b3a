import { coarseBoundsMs, relativeError } from '../../daemon/statistics/durations.js';
import { type Metric, metrics } from '../../daemon/statistics/metrics.js';

const labelsOf = ({ labels }: Metric): string =>
  Object.entries(labels)
    .map(([name, values]) => `\`${name}\`: ${values}`)
    .join('; ') || '–';

/** docs/metrics.md, from the table that a scrape is made of. */
export function metricsReference(): string {
  const rows = metrics.map(
    (metric) => `| \`${metric.name}\` | ${metric.type} | ${labelsOf(metric)} | ${metric.help} |`,
  );
  return `# Metrics

Generated from src/daemon/statistics/metrics.ts by \`npm run docs\`.
With \`metrics.enabled\` the station answers \`GET http://127.0.0.1:<metrics.port>/metrics\` in Prometheus' text format.
How to scrape it: [integrator.md](integrator.md#prometheus). The same numbers stand in \`cupcheck status\` and in the
[health document](mqtt.md#health).

| name | type | labels | meaning |
|---|---|---|---|
${rows.join('\n')}

## Over restarts

Counters and the histogram go on over restarts. They begin anew only with a new journal.

- Cups, reasons, findings, deliveries and times are counted in the same transaction as their row in the journal: after a
  power cut they agree with it, and they outlive rows that are pruned.
- What no row tells (starts, refused triggers, frames, restarts of the judging process, pictures) is kept once a minute, between cups, and at the end. A power cut loses at most
  the last minute of these, or, while cups follow each other without a pause, what came since the last one.
- A journal of an earlier version is counted once, when the new version opens it first; what was pruned before is not in it.

## Times

The station keeps each time in buckets 4.4 % wide: the percentiles in \`status\` and \`health\` are within ${(relativeError * 100).toFixed(1)} %, the
longest is exact. The histogram's bounds are ${coarseBoundsMs.map((ms) => ms / 1000).join(', ')} s.
`;
}
