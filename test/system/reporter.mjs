import { appendFileSync, writeFileSync } from 'node:fs';

/**
 * Prints the table of what was done to the station, and writes `passed failed skipped rig` to the file that SYSTEM_TOTALS
 * names. `rig` counts what ended for trouble of the rig itself, which says nothing about the station.
 * Failures are added to the file that FAILURES_FILE names, if any.
 */
export default class SystemReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const totals = { passed: 0, failed: unhandledErrors.length, skipped: 0, rig: 0 };
    const isRig = (errors) => errors.length > 0 && errors.every(({ name }) => name === 'RigTrouble');
    const fail = (errors) => {
      totals[isRig(errors) ? 'rig' : 'failed'] += 1;
    };
    const rows = [];
    const failures = [];
    for (const module of modules) {
      if (module.errors().length > 0) fail(module.errors());
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) fail(suite.errors());
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === 'failed') {
          fail(errors);
          const what = isRig(errors) ? 'trouble of the rig' : 'FAILED';
          failures.push(`${what}: ${test.name}: ${errors[0]?.message.split('\n')[0] ?? 'no error'}`);
        } else totals[state === 'passed' ? 'passed' : 'skipped'] += 1;
        const { row } = test.meta();
        const outcome = state === 'passed' ? 'held' : state === 'failed' ? 'FAILED' : 'not run';
        rows.push([row?.done ?? test.name, String(row?.times ?? ''), row?.light ?? '', row?.journal ?? '', outcome]);
      }
    }
    table([['done to the station', 'times', 'the light', 'the journal', ''], ...rows]);
    for (const line of failures) console.log(line);
    if (process.env.FAILURES_FILE !== undefined)
      appendFileSync(process.env.FAILURES_FILE, failures.map((line) => `${line}\n`).join(''));
    if (process.env.SYSTEM_TOTALS !== undefined)
      writeFileSync(process.env.SYSTEM_TOTALS, `${totals.passed} ${totals.failed} ${totals.skipped} ${totals.rig}\n`);
  }
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
}
