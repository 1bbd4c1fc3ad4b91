/**
 * `npm run sim:mutants -- [--only a,b] [--seeds N] [--jobs N]`: plants each bug of mutants.ts into a copy of the source
 * and runs the simulator until a checker finds it. Ends with 1 when one survives: that is a hole in the simulator.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Hunter, type Outcome } from './hunter.ts';
import { MUTANTS, type Mutant } from './mutants.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seeds: { type: 'string', default: '2000' },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
});
const only = values.only?.split(',');
const unknown = only?.filter((name) => !MUTANTS.some((mutant) => mutant.name === name)) ?? [];
if (unknown.length > 0) throw new Error(`no mutant ${unknown.join(', ')}; there are ${names(MUTANTS)}`);

const mutants = MUTANTS.filter(({ name }) => only?.includes(name) ?? true);
let done = 0;
const hunter = new Hunter({ seeds: Number(values.seeds), jobs: Number(values.jobs), onOutcome: tell });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

const outcomes = await hunter.hunt(mutants);
const survivors = outcomes.filter(({ found }) => found === null).map(({ mutant }) => mutant);
process.stdout.write(`${mutants.length - survivors.length} of ${mutants.length} mutants found\n`);
if (survivors.length > 0) process.stdout.write(`not found within ${values.seeds} seeds: ${names(survivors)}\n`);
process.exitCode = survivors.length > 0 ? 1 : 0;

function tell({ mutant, found, seconds }: Outcome): void {
  const by = found ? `seed ${String(found.seed).padStart(4)}  [${found.rule}]`.padEnd(20) : 'SURVIVES'.padEnd(20);
  const head = `${String(++done).padStart(2)}/${mutants.length} ${mutant.name.padEnd(34)} ${by} ${seconds.toFixed(1)} s`;
  process.stdout.write(`${head}${found ? `  ${found.text.slice(0, 110)}` : ''}\n`);
}

function names(some: readonly Mutant[]): string {
  return some.map(({ name }) => name).join(', ');
}
