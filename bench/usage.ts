import type { OptionTable } from './options.ts';
import type { Scenario } from './scenario.ts';

/** What can be run, with options and defaults. */
export function usage(scenarios: readonly Scenario[]): string {
  return [
    'npm run bench -- NAME [--quick] [--runs 5] [--option value …]    one scenario',
    'npm run bench -- all [--quick] [--runs 5]                        all of them, one after the other',
    '',
    '--quick makes it a matter of seconds: it shows that everything works, its figures say nothing.',
    '',
    'Scenarios, with their options and defaults:',
    '',
    scenarios.map(usageOf).join('\n\n'),
  ].join('\n');
}

function usageOf({ name, about, options, apart }: Scenario): string {
  const notInAll = apart === undefined ? [] : [`    (not in all: ${apart})`];
  return [`npm run bench -- ${name}`, `    ${about}`, ...notInAll, ...optionLines(options)].join('\n');
}

function optionLines(options: OptionTable): string[] {
  return Object.entries(options).map(([name, option]) => {
    const choices = 'choices' in option ? ` (${option.choices.join(', ')})` : '';
    return `    --${name} ${option.default}`.padEnd(24) + option.about + choices;
  });
}
