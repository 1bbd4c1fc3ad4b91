import { splitCores, stopAll } from './host/children.ts';
import { OptionFault, type OptionTable, parseOptions } from './options.ts';
import { Progress } from './report/progress.ts';
import { provenance } from './report/provenance.ts';
import { writeResult } from './report/result-file.ts';
import type { Scenario } from './scenario.ts';
import { fanout } from './scenarios/fanout.ts';
import { idle } from './scenarios/idle.ts';
import { latency } from './scenarios/latency.ts';
import { relay } from './scenarios/relay.ts';
import { scale } from './scenarios/scale.ts';
import { slowReader } from './scenarios/slow-reader.ts';

const progress = new Progress(process.stdout);
let interrupted = false;

function listing(): string {
  return [
    'Scenarios, with their options and defaults:',
    usage(fanout),
    usage(idle),
    usage(slowReader),
    usage(relay),
    usage(latency),
    usage(scale),
  ].join('\n\n');
}

function usage<T extends OptionTable>(scenario: Scenario<T>): string {
  const lines = Object.entries(scenario.options).map(([name, option]) => {
    const choices = 'choices' in option ? ` (${option.choices.join(', ')})` : '';
    return `    --${name} ${option.default}`.padEnd(24) + option.about + choices;
  });
  return [`npm run bench -- ${scenario.name}`, `    ${scenario.about}`, ...lines].join('\n');
}

async function measure<T extends OptionTable>(scenario: Scenario<T>, args: readonly string[]): Promise<number> {
  const options = parseOptions(scenario.options, args);
  if (process.platform !== 'linux') throw new OptionFault('the bench reads CPU and memory from /proc: it needs Linux');
  const from = provenance([scenario.name, ...args]);
  const cores = splitCores();
  const outcome = await scenario.run(options, { cores, progress });
  progress.note(`\n${outcome.text}\n`);
  progress.note(`${from.cpu}, ${from.cores} cores, Node ${from.versions.node}`);
  progress.note(`Results: ${writeResult(scenario.name, from, options, { cores, ...outcome.results })}`);
  for (const failure of outcome.failures) progress.note(`FAILED: ${failure}`);
  return outcome.failures.length > 0 ? 1 : 0;
}

function chosen([name, ...args]: readonly string[]): Promise<number> {
  switch (name) {
    case undefined:
      progress.note(listing());
      return Promise.resolve(0);
    case fanout.name:
      return measure(fanout, args);
    case idle.name:
      return measure(idle, args);
    case slowReader.name:
      return measure(slowReader, args);
    case relay.name:
      return measure(relay, args);
    case scale.name:
      return measure(scale, args);
    case latency.name:
      return measure(latency, args);
    default:
      throw new OptionFault(`no scenario ${JSON.stringify(name)}\n\n${listing()}`);
  }
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.once(signal, () => {
    interrupted = true;
    progress.clear();
    // Cannot reject: it only waits for exits.
    void stopAll().finally(() => process.exit(code));
  });
}

try {
  process.exitCode = await chosen(process.argv.slice(2));
} catch (error) {
  progress.clear();
  await stopAll();
  // Children that the same Ctrl-C has ended look like failures; the signal handler sets the exit code.
  if (!interrupted)
    process.stderr.write(
      `bench: ${error instanceof OptionFault ? error.message : error instanceof Error ? error.stack : error}\n`,
    );
  process.exitCode = error instanceof OptionFault ? 2 : 1;
}
