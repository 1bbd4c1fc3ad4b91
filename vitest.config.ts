import { defineConfig } from 'vitest/config';

// unit: no process, no port. contract: real redis-server. cluster: real nodes, nginx, Redis. browser: chromium.
const project = (name: string, include: string[], timeoutMs: number, parallel: boolean) => ({
  test: {
    name,
    include,
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    fileParallelism: parallel,
    pool: 'forks' as const,
  },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/unit/**/*.test.ts'], 20_000, true),
      project('sim', ['test/sim/**/*.test.ts'], 300_000, true),
      project('contract', ['test/contract/**/*.test.ts'], 60_000, true),
      project('infra', ['test/infra/**/*.test.ts'], 120_000, false),
      project('cluster', ['test/cluster/**/*.test.ts'], 180_000, false),
      project('browser', ['test/browser/**/*.test.ts'], 120_000, false),
    ],
  },
});
