import { parseArgs } from 'node:util';

/** The options of a scenario: their names, what they may be, and what they are when not given. */
export type OptionTable = Readonly<Record<string, Option>>;

type Option = NumberOption | ListOption | ChoiceOption;

interface Bounds {
  readonly about: string;
  readonly min: number;
  readonly max: number;
  /** Whole numbers only. */
  readonly whole: boolean;
}

interface NumberOption extends Bounds {
  readonly default: number;
}

/** One number or several, with commas: each is measured. */
interface ListOption extends Bounds {
  readonly default: readonly number[];
}

interface ChoiceOption {
  readonly about: string;
  readonly default: string;
  readonly choices: readonly string[];
}

export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]: OptionValue<T[K]>;
};

/** Where it is not known which option, everything that a value can be. */
type OptionValue<O> = O extends NumberOption ? number : O extends ListOption ? readonly number[] : string;

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

function split(table: OptionTable, args: readonly string[]): Readonly<Record<string, string | undefined>> {
  const options = Object.fromEntries(Object.keys(table).map((name) => [name, { type: 'string' as const }]));
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const known = Object.keys(table).map((name) => `--${name}`);
    throw new OptionFault(`${error instanceof Error ? error.message : error}\nOptions here: ${known.join(', ')}`);
  }
}

function valueFor(name: string, option: Option, given: string): OptionValue<Option> {
  if ('choices' in option) {
    if (option.choices.includes(given)) return given;
    throw new OptionFault(`--${name} is ${JSON.stringify(given)}; it can be ${option.choices.join(', ')}`);
  }
  if (typeof option.default === 'number') return numberFor(name, option, given);
  return given.split(',').map((text) => numberFor(name, option, text));
}

function numberFor(name: string, { whole, min, max }: Bounds, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const fits = whole ? Number.isInteger(value) : Number.isFinite(value);
  if (fits && value >= min && value <= max) return value;
  const kind = whole ? 'a whole number' : 'a number';
  throw new OptionFault(`--${name} is ${JSON.stringify(text)}; it must be ${kind} from ${min} to ${max}`);
}
