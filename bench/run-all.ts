import { stopAll } from './host/children.ts';
import { parseOptions, RUNS } from './options.ts';
import type { Progress } from './report/progress.ts';
import { table } from './report/table.ts';
import { explain, runScenario } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';

interface Ran {
  readonly name: string;
  readonly seconds: number;
  /** What failed; empty if nothing did. */
  readonly failures: readonly string[];
}

/** Runs all, goes on after one that fails, and says in a table which did. Returns whether all went well. */
export async function runAll(
  scenarios: readonly Scenario[],
  args: readonly string[],
  quick: boolean,
  progress: Progress,
  isInterrupted: () => boolean,
): Promise<boolean> {
  // Here only so that a wrong option is refused before hours of measuring.
  parseOptions({ runs: RUNS }, args);
  const ran: Ran[] = [];
  for (const scenario of scenarios) {
    if (isInterrupted()) break;
    const startMs = performance.now();
    progress.note(`\n── ${scenario.name} (${ran.length + 1} of ${scenarios.length}): ${scenario.about}`);
    const failures = await failuresOf(scenario, 'runs' in scenario.options ? args : [], quick, progress);
    ran.push({ name: scenario.name, seconds: (performance.now() - startMs) / 1000, failures });
  }
  progress.note(`\n${summary(ran)}`);
  return ran.length === scenarios.length && ran.every(({ failures }) => failures.length === 0);
}

async function failuresOf(
  scenario: Scenario,
  args: readonly string[],
  quick: boolean,
  progress: Progress,
): Promise<readonly string[]> {
  try {
    return await runScenario(scenario, args, quick, progress);
  } catch (error) {
    progress.clear();
    await stopAll();
    const text = explain(error);
    progress.note(text);
    return [text.split('\n')[0] ?? ''];
  }
}

export function summary(ran: readonly Ran[]): string {
  const rows = ran.map(({ name, seconds, failures }) => [
    name,
    `${seconds.toFixed(0)} s`,
    failures.length === 0 ? 'ok' : 'failed',
  ]);
  const why = ran.flatMap(({ name, failures }) => failures.map((failure) => `${name}: ${failure}`));
  return [table(['scenario', 'took', 'result'], rows), ...why].join('\n');
}
