/**
 * `npm run sim -- --seeds N --from S`, `--seed N [--trace]` for one, `--hours H` for random ones that long. `--faults a,b`
 * names those that may strike. Prints what was exercised; ends with 1 where a seed breaks a rule, which is told with a line
 * that replays it, and where a row of what must be exercised stayed 0.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { blindSpots, SEEDS_AT_LEAST } from './exercised.ts';
import { FAULTS, type Fault } from './faults/faults.ts';
import { Progress } from './progress.ts';
import { type RunResult, run } from './run.ts';
import { addTally } from './tally.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    hours: { type: 'string' },
    trace: { type: 'boolean', default: false },
    faults: { type: 'string' },
    'keep-going': { type: 'boolean', default: false },
  },
});

const SEED_MAX = 2 ** 31;
const hours = values.hours === undefined ? null : numberOf('hours', values.hours);
const from = numberOf('from', values.seed ?? values.from);
const count = values.seed === undefined ? numberOf('seeds', values.seeds) : 1;
const faults = values.faults === undefined ? FAULTS : values.faults.split(',').map(asFault);
const print = values.trace ? (line: string) => void process.stdout.write(`${line}\n`) : undefined;
const sum: Record<string, number> = {};
const broken: RunResult[] = [];
const startedAt = performance.now();
const progress = new Progress(hours === null ? { seeds: count } : { ms: hours * 3_600_000 }, values.trace);
let done = 0;
let virtualMs = 0;

for (const seed of seeds()) {
  const result = await run(seed, print ? { faults, print } : { faults });
  done++;
  virtualMs += result.virtualMs;
  addTally(sum, result.tally);
  if (result.violation) {
    broken.push(result);
    progress.clear();
    tell(result);
    if (hours === null && !values['keep-going']) break;
  }
  progress.show(done, broken.length, virtualMs);
}
progress.clear();
summary();

/** A soak goes on behind a failure: it is there to find as many as there are. */
function* seeds(): Generator<number> {
  if (hours === null) for (let seed = from; seed < from + count; seed++) yield seed;
  else while (performance.now() - startedAt < hours * 3_600_000) yield randomInt(1, SEED_MAX);
}

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${name} takes a number above 0, not ${text}`);
  return number;
}

function asFault(name: string): Fault {
  const fault = FAULTS.find((known) => known === name);
  if (fault === undefined) throw new Error(`no fault ${name}; there are ${FAULTS.join(', ')}`);
  return fault;
}

function tell({ seed, violation, traceHash }: RunResult): void {
  if (!violation) return;
  const only = values.faults === undefined ? '' : ` --faults ${values.faults}`;
  const at = `${(violation.atMs / 1000).toFixed(3)} s`;
  process.stdout.write(`seed ${seed} breaks [${violation.rule}] at ${at}: ${violation.text}\n`);
  process.stdout.write(`  trace ${traceHash}; replay: npm run sim -- --seed ${seed}${only} --trace\n`);
}

function summary(): void {
  const seconds = (performance.now() - startedAt) / 1000;
  for (const [name, total] of Object.entries(sum)) process.stdout.write(`${name.padEnd(24)} ${total}\n`);
  const speed = `${(virtualMs / 1000 / seconds).toFixed(0)} × real time`;
  process.stdout.write(
    `${done} seeds, ${(virtualMs / 3_600_000).toFixed(2)} virtual hours in ${seconds.toFixed(1)} s: ${speed}\n`,
  );
  if (broken.length > 0)
    process.stdout.write(`${broken.length} broke a rule: ${broken.map(({ seed }) => seed).join(' ')}\n`);
  // A chosen fault leaves much out, and few seeds do so by chance.
  const blind = values.faults === undefined && done >= SEEDS_AT_LEAST ? blindSpots(sum) : [];
  for (const row of blind) process.stdout.write(`never exercised: ${row}\n`);
  process.exitCode = broken.length > 0 || blind.length > 0 ? 1 : 0;
}
