/**
 * `npm run sim:mutants -- [--only a,b] [--seeds N] [--jobs N]`: plants each bug of mutants.ts into the source as it is loaded
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
const [seeds, jobs] = [Number(values.seeds), Number(values.jobs)];
/** Hunted now, and at which seed. */
const hunted = new Map<Mutant, number>();
let done = 0;
let survived = 0;

const hunter = new Hunter({
  seeds,
  jobs,
  onSeed: (mutant, seed) => {
    hunted.set(mutant, seed);
    progress();
  },
  onOutcome: (outcome) => {
    hunted.delete(outcome.mutant);
    done++;
    if (outcome.found === null) survived++;
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    process.stdout.write(`${rowOf(outcome)}\n`);
    progress();
  },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    hunter.stop();
    process.exit(130);
  });
}

process.stdout.write(`${row('mutant', 'seed', 'checker', 'virtual s', 'seconds')}\n`);
await hunter.hunt(mutants);
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
process.stdout.write(`${mutants.length - survived} of ${mutants.length} mutants found\n`);
const broken = [...hunter.brokenSeeds];
if (broken.length > 0) process.stdout.write(`without any mutant a rule is broken by seed ${broken.join(', ')}\n`);
process.exitCode = survived > 0 ? 1 : 0;

function rowOf({ mutant, found, seconds }: Outcome): string {
  const took = seconds.toFixed(1);
  if (!found?.violation) return row(mutant.name, '-', `survives ${seeds} seeds`, '', took);
  const { rule, text, atMs } = found.violation;
  const head = row(mutant.name, String(found.seed), rule, (atMs / 1000).toFixed(1), took);
  return `${head}  ${text.replaceAll(/\s+/g, ' ').slice(0, 100)}`;
}

function row(name: string, seed: string, checker: string, virtual: string, seconds: string): string {
  return `${name.padEnd(36)}${seed.padStart(5)}  ${checker.padEnd(9)}${virtual.padStart(9)}${seconds.padStart(9)}`;
}

function progress(): void {
  if (!process.stderr.isTTY) return;
  const now = [...hunted].map(([{ name }, seed]) => `${name} ${seed}`).join(', ');
  process.stderr.write(`\r\x1b[K${done}/${mutants.length} done, ${survived} survived; ${now}`.slice(0, 120));
}

function names(some: readonly Mutant[]): string {
  return some.map(({ name }) => name).join(', ');
}
