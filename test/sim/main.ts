/**
 * `npm run sim -- --seeds N --from S [--trace] [--faults a,b]`, or `--seed N` for one. Prints what was exercised; ends with 1
 * at the first seed that breaks a rule, and says how to replay it.
 */
import { parseArgs } from 'node:util';
import { FAULTS, type Fault } from './faults/faults.ts';
import { type RunResult, run } from './run.ts';
import { addTally } from './tally.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    faults: { type: 'string' },
    'keep-going': { type: 'boolean', default: false },
  },
});

const faults = values.faults === undefined ? FAULTS : values.faults.split(',').map(asFault);
const from = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const print = values.trace ? (line: string) => void process.stdout.write(`${line}\n`) : undefined;
const sum: Record<string, number> = {};
const startedAt = performance.now();
let virtualMs = 0;
let failed = 0;

for (let seed = from; seed < from + count; seed++) {
  const result = await run(seed, print ? { faults, print } : { faults });
  virtualMs += result.virtualMs;
  addTally(sum, result.tally);
  if (result.violation) {
    failed++;
    tell(result);
    if (!values['keep-going']) break;
  }
  progress(seed - from + 1);
}
summary();
process.exitCode = failed > 0 ? 1 : 0;

function asFault(name: string): Fault {
  const fault = FAULTS.find((known) => known === name);
  if (fault === undefined) throw new Error(`no fault ${name}; there are ${FAULTS.join(', ')}`);
  return fault;
}

function tell({ seed, violation, traceHash }: RunResult): void {
  if (!violation) return;
  const only = values.faults === undefined ? '' : ` --faults ${values.faults}`;
  process.stdout.write(`\r\x1b[Kseed ${seed} breaks [${violation.rule}] at ${(violation.atMs / 1000).toFixed(3)} s: `);
  process.stdout.write(
    `${violation.text}\n  trace ${traceHash}; replay: npm run sim -- --seed ${seed}${only} --trace\n`,
  );
}

function progress(done: number): void {
  if (!process.stderr.isTTY || values.trace) return;
  const width = 30;
  const full = Math.round((width * done) / count);
  process.stderr.write(`\r[${'#'.repeat(full)}${'.'.repeat(width - full)}] ${done}/${count} seeds, ${failed} failed `);
}

function summary(): void {
  const seconds = (performance.now() - startedAt) / 1000;
  const hours = virtualMs / 3_600_000;
  process.stderr.write('\n');
  for (const [name, total] of Object.entries(sum)) process.stdout.write(`${name.padEnd(24)} ${total}\n`);
  process.stdout.write(`${hours.toFixed(2)} virtual hours in ${seconds.toFixed(1)} s: `);
  process.stdout.write(`${((hours * 3600) / seconds).toFixed(0)} × real time, ${failed} seeds failed\n`);
}
