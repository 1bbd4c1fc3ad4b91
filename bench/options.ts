import { parseArgs } from 'node:util';

/** The options of a scenario: their names, what they may be, and what they are when not given. */
export type OptionTable = Readonly<Record<string, NumberOption | ChoiceOption | FlagOption>>;

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

/** Off unless it is given; it takes no value. */
interface FlagOption {
  readonly about: string;
  readonly default: false;
}

export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends NumberOption ? number : T[K] extends ChoiceOption ? string : boolean;
};

/** What the user typed is wrong; the message says what and what would be right. */
export class OptionFault extends Error {}

export function parseOptions<T extends OptionTable>(table: T, args: readonly string[]): OptionValues<T> {
  const given = split(table, args);
  const values = Object.entries(table).map(([name, option]) => [name, valueFor(name, option, given[name])]);
  return Object.fromEntries(values) as OptionValues<T>;
}

function split(table: OptionTable, args: readonly string[]): Record<string, string | boolean | undefined> {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, option]) => [
      name,
      { type: option.default === false ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const known = Object.keys(table).map((name) => `--${name}`);
    throw new OptionFault(`${error instanceof Error ? error.message : error}\nOptions here: ${known.join(', ')}`);
  }
}

function valueFor(
  name: string,
  option: NumberOption | ChoiceOption | FlagOption,
  text: string | boolean | undefined,
): number | string | boolean {
  if (text === undefined) return option.default;
  if (option.default === false || typeof text === 'boolean') return true;
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
