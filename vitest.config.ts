import { defineConfig } from 'vitest/config';

const suite = (name: string, fileParallelism: boolean, testTimeout: number) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: testTimeout,
    fileParallelism,
    pool: 'forks' as const,
  },
});

/** Real processes, brokers and networks share two cores, so only the pure suite runs its files side by side. */
export default defineConfig({
  test: {
    projects: [suite('unit', true, 10_000), suite('contract', false, 30_000), suite('integration', false, 120_000)],
  },
});
