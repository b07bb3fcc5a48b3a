import { expect, it } from 'vitest';
import { exposition, type Family } from '../../../src/daemon/statistics/exposition.js';
import { metrics } from '../../../src/daemon/statistics/metrics.js';
import { parsePrometheus } from '../../fixtures/parse-prometheus.js';

it('is read back as it was, whatever labels and helps hold', () => {
  const odd = 'a "quote", a \\ backslash\nand a second line, é';
  const families: readonly Family[] = [
    { name: 'x_info', type: 'gauge', help: odd, samples: [{ labels: { station: odd, empty: '' }, value: 1 }] },
    { name: 'x_total', type: 'counter', help: 'plain', samples: [{ labels: {}, value: 2 ** 53 - 1 }] },
    { name: 'x_small', type: 'gauge', help: 'plain', samples: [{ labels: {}, value: 1.5e-7 }] },
    { name: 'x_absent', type: 'gauge', help: 'nothing to say', samples: [] },
  ];
  expect(parsePrometheus(exposition(families))).toEqual(
    families
      .filter(({ samples }) => samples.length > 0)
      .map(({ name, type, help, samples }) => ({
        name,
        type,
        help,
        samples: samples.map(({ labels, value }) => ({ name, labels, value })),
      })),
  );
});

it('names follow the rules of Prometheus', () => {
  const names = metrics.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, type, labels } of metrics) {
    expect(name).toMatch(/^cupcheck_[a-z][a-z_]*$/);
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
    for (const label of Object.keys(labels)) expect(label).toMatch(/^[a-z][a-z_]*$/);
  }
});
