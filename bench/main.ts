import { stopAll } from './host/children.ts';
import { OptionFault } from './options.ts';
import { SCENARIOS } from './registry.ts';
import { Progress } from './report/progress.ts';
import { runAll } from './run-all.ts';
import { explain, runScenario, withoutQuick } from './run-scenario.ts';
import { usage } from './usage.ts';

const progress = new Progress(process.stdout);
const IN_ALL = SCENARIOS.filter(({ apart }) => apart === undefined);
let interrupted = false;

async function main([name, ...args]: readonly string[]): Promise<number> {
  const { quick, rest } = withoutQuick(args);
  if (name === undefined) {
    progress.note(usage(SCENARIOS));
    return 0;
  }
  if (name === 'all') return (await runAll(IN_ALL, rest, quick, progress, () => interrupted)) ? 0 : 1;
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (scenario === undefined) throw new OptionFault(`no scenario ${JSON.stringify(name)}\n\n${usage(SCENARIOS)}`);
  const failures = await runScenario(scenario, rest, quick, progress);
  return failures.length > 0 ? 1 : 0;
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
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  progress.clear();
  await stopAll();
  // Children that the same Ctrl-C has ended look like failures; the signal handler sets the exit code.
  if (!interrupted) process.stderr.write(`bench: ${explain(error)}\n`);
  process.exitCode = error instanceof OptionFault ? 2 : 1;
}
