import { defineConfig } from 'vitest/config';

interface Project {
  readonly name: string;
  readonly timeoutMs: number;
  readonly parallel: boolean;
  readonly include?: string;
  readonly exclude?: string;
  /** Runs around all files of the project. */
  readonly globalSetup?: string;
}

// One after another, in this order: tests that load the machine must not meet those that measure how long others wait.
const PROJECTS: readonly Project[] = [
  // No process, no port.
  { name: 'unit', timeoutMs: 20_000, parallel: true },
  // A real redis-server, real sockets.
  { name: 'contract', timeoutMs: 60_000, parallel: true },
  // Seeded clusters on a virtual clock.
  { name: 'sim', timeoutMs: 300_000, parallel: true },
  // Real nodes, nginx and Redis.
  { name: 'infra', timeoutMs: 120_000, parallel: false },
  { name: 'cluster', timeoutMs: 180_000, parallel: false, exclude: 'test/cluster/faults/**' },
  // The same, struck by faults; prints a table.
  {
    name: 'faults',
    timeoutMs: 180_000,
    parallel: false,
    include: 'test/cluster/faults/**/*.test.ts',
    globalSetup: 'test/cluster/faults/table-setup.ts',
  },
  // A real browser.
  { name: 'browser', timeoutMs: 120_000, parallel: false },
  // Each scenario of the bench for some seconds. Last, and alone: it fills both cores.
  { name: 'bench', timeoutMs: 300_000, parallel: false },
];

export default defineConfig({
  test: {
    projects: PROJECTS.map(({ name, timeoutMs, parallel, include, exclude, globalSetup }, groupOrder) => ({
      test: {
        name,
        include: [include ?? `test/${name}/**/*.test.ts`],
        exclude: exclude === undefined ? [] : [exclude],
        globalSetup: globalSetup === undefined ? [] : [globalSetup],
        testTimeout: timeoutMs,
        hookTimeout: timeoutMs,
        fileParallelism: parallel,
        pool: 'forks' as const,
        sequence: { groupOrder },
      },
    })),
  },
});
