import { readFileSync } from 'node:fs';

export interface Page {
  readonly text: string;
  /** The rows of all tables between this heading and the next one, header rows left out; a `\|` in a cell is no border. */
  rows(heading: string): readonly (readonly string[])[];
}

/** A page of the project, by its path from the root. */
export function page(path: string): Page {
  const text = readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
  return { text, rows: (heading) => rowsOf(section(text, heading, path)) };
}

function section(text: string, heading: string, path: string): string {
  const [, rest] = new RegExp(`^#+ ${heading}$([\\s\\S]*)`, 'm').exec(text) ?? [];
  if (rest === undefined) throw new Error(`${path} has no heading "${heading}"`);
  return rest.split(/^#+ /m)[0] ?? '';
}

function rowsOf(text: string): string[][] {
  const lines = text.split('\n');
  return lines
    .filter((line, i) => /^\|(?! ?--)/.test(line) && !/^\| ?--/.test(lines[i + 1] ?? ''))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}
