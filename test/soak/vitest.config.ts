import { defineConfig } from 'vitest/config';

/** Long runs, apart from `npm test`: `npm run test:soak`. */
export default defineConfig({
  test: { include: ['test/soak/**/*.test.ts'], testTimeout: 3_600_000, hookTimeout: 60_000, fileParallelism: false },
});
