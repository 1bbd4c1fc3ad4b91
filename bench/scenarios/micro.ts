import { fileURLToPath } from 'node:url';
import { startNode, stop } from '../host/children.ts';
import { microCases } from '../micro/cases.ts';
import type { MicroPlan, MicroResult } from '../micro/measure.ts';
import type { OptionValues } from '../options.ts';
import type { BenchContext, Outcome, Scenario } from '../scenario.ts';
import { microMedians, microTable } from './micro-table.ts';

const OPTIONS = {
  repetitions: { about: 'of each case', default: 9, min: 1, max: 1000, whole: true },
  ms: { about: 'that a repetition takes', default: 200, min: 10, max: 10_000, whole: true },
} as const;

/** MiB: what fits in there is measured without a collection between. */
const YOUNG_GENERATION = 64;
const FLAGS = [
  '--expose-gc',
  `--min-semi-space-size=${YOUNG_GENERATION}`,
  `--max-semi-space-size=${YOUNG_GENERATION}`,
  fileURLToPath(new URL('../micro/main.ts', import.meta.url)),
];

export const micro: Scenario<typeof OPTIONS> = {
  name: 'micro',
  about: 'reader, writer, history, outbox, a whole room: ns and bytes allocated per operation',
  options: OPTIONS,
  quick: { repetitions: 1, ms: 10 },
  charts: [
    {
      kind: 'bars',
      title: 'Time of one operation',
      of: 'medians',
      by: 'name',
      value: 'nsPerOp',
      unit: 'ns',
      better: 'less',
    },
  ],
  run,
};

async function run(options: OptionValues<typeof OPTIONS>, context: BenchContext): Promise<Outcome> {
  const cases = microCases();
  const results = await measureAll({ repetitions: options.repetitions, ms: options.ms }, context, cases.length);
  const medians = results.flatMap((result) => {
    const one = cases.find(({ name }) => name === result.name);
    return one === undefined ? [] : [microMedians(one, result)];
  });
  return { text: microTable(medians), results: { medians, runs: results }, failures: [] };
}

async function measureAll(
  plan: MicroPlan,
  { cores, progress }: BenchContext,
  total: number,
): Promise<readonly MicroResult[]> {
  const results: MicroResult[] = [];
  const child = startNode([...FLAGS, JSON.stringify(plan)], cores.server, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  try {
    await new Promise<void>((resolve, reject) => {
      child.on('message', (result: MicroResult) => {
        results.push(result);
        progress.show(results.length / total, result.name);
      });
      child.once('error', reject);
      child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`micro ended with ${code}`))));
    });
  } finally {
    await stop(child);
  }
  return results;
}
