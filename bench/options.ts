import { parseArgs } from 'node:util';

/** The options of a scenario: their names, what they may be, and what they are when not given. */
export type OptionTable = Readonly<Record<string, NumberOption | ChoiceOption>>;

interface NumberOption {
  readonly about: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** Whole numbers only. */
  readonly whole: boolean;
}

interface ChoiceOption {
  readonly about: string;
  readonly default: string;
  readonly choices: readonly string[];
}

export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]: OptionValue<T[K]>;
};

/** Of the options of any scenario, if it is not known which: all that a value can be. */
type OptionValue<O> = O extends NumberOption ? number : string;

/** The option that all scenarios have which measure more than once: `--runs`, of each server or step, in turn. */
export const RUNS = { about: 'runs of each, in turn', default: 3, min: 1, max: 100, whole: true } as const;

/** What the user typed is wrong; the message says what and what would be right. */
export class OptionFault extends Error {}

/** `instead` replaces defaults. */
export function parseOptions<T extends OptionTable>(
  table: T,
  args: readonly string[],
  instead: Partial<OptionValues<T>> = {},
): OptionValues<T> {
  const given = split(table, args);
  const values = Object.entries(table).map(([name, option]) => [
    name,
    given[name] === undefined ? (instead[name] ?? option.default) : valueFor(name, option, given[name]),
  ]);
  return Object.fromEntries(values) as OptionValues<T>;
}

function split(table: OptionTable, args: readonly string[]): Record<string, string | undefined> {
  const options = Object.fromEntries(Object.keys(table).map((name) => [name, { type: 'string' as const }]));
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const known = Object.keys(table).map((name) => `--${name}`);
    throw new OptionFault(`${error instanceof Error ? error.message : error}\nOptions here: ${known.join(', ')}`);
  }
}

function valueFor(name: string, option: NumberOption | ChoiceOption, text: string): number | string {
  if ('choices' in option) {
    if (option.choices.includes(text)) return text;
    throw new OptionFault(`--${name} is ${JSON.stringify(text)}; it can be ${option.choices.join(', ')}`);
  }
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const fits = option.whole ? Number.isInteger(value) : Number.isFinite(value);
  if (fits && value >= option.min && value <= option.max) return value;
  const kind = option.whole ? 'a whole number' : 'a number';
  throw new OptionFault(`--${name} is ${JSON.stringify(text)}; it must be ${kind} from ${option.min} to ${option.max}`);
}
