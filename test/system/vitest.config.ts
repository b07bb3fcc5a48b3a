import { defineConfig } from 'vitest/config';

/** The station in a machine of its own: `npm run test:system`, or `bash scripts/test-system.sh part`. */
export default defineConfig({
  test: {
    include: ['test/system/**/*.test.ts'],
    testTimeout: 4 * 3_600_000,
    hookTimeout: 3_600_000,
    fileParallelism: false,
    pool: 'forks',
    // What a scenario says is seen while it runs.
    disableConsoleIntercept: true,
    reporters: ['default', './test/system/reporter.mjs'],
  },
});
