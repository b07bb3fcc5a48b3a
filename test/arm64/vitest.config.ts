import { defineConfig } from 'vitest/config';

/** The arm64 package in an arm64 machine: `npm run test:arm64`. */
export default defineConfig({
  test: {
    include: ['test/arm64/**/*.test.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 3_600_000,
    fileParallelism: false,
    pool: 'forks',
    // What the guest says is seen while it runs.
    disableConsoleIntercept: true,
    reporters: ['default', './test/system/reporter.mjs'],
  },
});
