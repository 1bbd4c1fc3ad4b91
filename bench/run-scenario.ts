import { findProgram } from '../infra/cluster/programs.ts';
import { splitCores } from './host/children.ts';
import { OptionFault, parseOptions } from './options.ts';
import type { Progress } from './report/progress.ts';
import { provenance } from './report/provenance.ts';
import { writeResult } from './report/result-file.ts';
import type { Scenario } from './scenario.ts';

/** This machine lacks something; the message says what to do. */
class CannotRun extends Error {}

/** Runs it, shows and keeps what came out, and returns what failed. */
export async function runScenario(
  scenario: Scenario,
  args: readonly string[],
  quick: boolean,
  progress: Progress,
): Promise<readonly string[]> {
  const options = parseOptions(scenario.options, args, quick ? scenario.quick : {});
  checkMachine(scenario);
  const from = provenance([scenario.name, ...(quick ? ['--quick'] : []), ...args]);
  const cores = splitCores();
  const outcome = await scenario.run(options, { cores, progress });
  progress.note(`\n${outcome.text}\n`);
  progress.note(`${from.cpu}, ${from.cores} cores, Node ${from.versions.node}`);
  const results = { quick, pinnedTo: cores, failures: outcome.failures, ...outcome.results };
  progress.note(`Results: ${writeResult(scenario.name, from, options, results)}`);
  for (const failure of outcome.failures) progress.note(`FAILED: ${failure}`);
  return outcome.failures;
}

function checkMachine({ name, needs = [] }: Scenario): void {
  if (process.platform !== 'linux') throw new CannotRun('the bench reads CPU and memory from /proc: it needs Linux');
  const missing = needs.filter((program) => findProgram(program) === null);
  if (missing.length === 0) return;
  throw new CannotRun(`${name} needs ${missing.join(' and ')}: apt-get install ${missing.join(' ')}`);
}

/** Splits `--quick`, which every scenario has, off what the scenario itself knows. */
export function withoutQuick(args: readonly string[]): { readonly quick: boolean; readonly rest: readonly string[] } {
  return { quick: args.includes('--quick'), rest: args.filter((arg) => arg !== '--quick') };
}

/** The words for people, with the stack where only that helps. */
export function explain(error: unknown): string {
  if (error instanceof OptionFault || error instanceof CannotRun) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
