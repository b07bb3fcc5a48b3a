import { defineConfig } from 'vitest/config';

/** What was built by `npm run package`, and is too slow to be built by each run of the tests. */
export default defineConfig({
  test: { include: ['test/package/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 300_000 },
});
