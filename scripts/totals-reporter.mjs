import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';

/**
 * A vitest reporter that lists every skipped test with its reason, then every failure, and writes the totals, as
 * `passed failed skipped`, to the file that TOTALS_FILE names. Failures are added to the file that FAILURES_FILE names,
 * if any. A file that does not load, a failing hook, an error outside every test and a test that never ended count as
 * failures: each of them can hide tests.
 */
export default class TotalsReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const totals = { passed: 0, skipped: 0 };
    const failures = unhandledErrors.map((error) => failure('outside every test', error));
    for (const module of modules) {
      const file = relative('.', module.moduleId);
      failures.push(...module.errors().map((error) => failure(file, error)));
      for (const suite of module.children.allSuites())
        failures.push(...suite.errors().map((error) => failure(`${file} > ${suite.fullName}`, error)));
      for (const test of module.children.allTests()) {
        const { state, note, errors } = test.result();
        const name = `${file} > ${test.fullName}`;
        if (state === 'passed') totals.passed += 1;
        else if (state === 'skipped') {
          totals.skipped += 1;
          console.log(`skipped: ${name}: ${note ?? 'no reason given'}`);
        } else failures.push(failure(name, errors?.[0]));
      }
    }
    for (const line of failures) console.log(line);
    if (process.env.FAILURES_FILE !== undefined)
      appendFileSync(process.env.FAILURES_FILE, failures.map((line) => `${line}\n`).join(''));
    const file = process.env.TOTALS_FILE;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${totals.passed} ${failures.length} ${totals.skipped}\n`);
  }
}

/** @param error what vitest recorded; nothing for a test that never ended */
function failure(where, error) {
  return `FAILED: ${where}: ${error?.message.split('\n')[0] ?? 'it never ended'}`;
}
