import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';

/**
 * A vitest reporter that lists every skipped test with its reason and writes the totals, as `passed failed skipped`, to
 * the file that TOTALS_FILE names. A file that does not load, a failing hook, an error outside every test and a test
 * that never ended count as failures: each of them can hide tests.
 */
export default class TotalsReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const totals = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      totals.failed += module.errors().length;
      for (const suite of module.children.allSuites()) totals.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        totals[state === 'passed' || state === 'skipped' ? state : 'failed'] += 1;
        if (state !== 'skipped') continue;
        console.log(`skipped: ${relative('.', module.moduleId)} > ${test.fullName}: ${note ?? 'no reason given'}`);
      }
    }
    const file = process.env.TOTALS_FILE;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${totals.passed} ${totals.failed} ${totals.skipped}\n`);
  }
}
