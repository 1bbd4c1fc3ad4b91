import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CLOSE, ERROR_CODES } from '../../../src/protocol/codes.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { CLIENT_OP, EVENT, SERVER_OP } from '../../../src/protocol/op.ts';
import { GOLDEN_FRAMES } from '../../support/golden-frames.ts';

const page = readFileSync(new URL('../../../docs/PROTOCOL.md', import.meta.url), 'utf8');

/** The rows of the tables under a heading, header rows left out; a `\|` inside a cell is no border. */
function rows(heading: string): readonly (readonly string[])[] {
  const start = page.indexOf(`\n## ${heading}`);
  expect(start, `docs/PROTOCOL.md has the section ${heading}`).toBeGreaterThan(0);
  const end = page.indexOf('\n## ', start + 1);
  const lines = page.slice(start, end === -1 ? undefined : end).split('\n');
  return lines
    .filter((line, i) => line.startsWith('| ') && !lines[i + 1]?.startsWith('|--'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

test('docs/PROTOCOL.md has each rule P1 to P20 once', () => {
  const rules = [...page.matchAll(/^- \*\*(P\d+)\*\* /gm)].map((match) => match[1]);
  expect(rules).toEqual(Array.from({ length: 20 }, (_, i) => `P${i + 1}`));
});

test('docs/PROTOCOL.md shows exactly the golden frames', () => {
  const shown = rows('9. Golden bytes').map(([name, hex]) => [name, hex?.replaceAll('`', '')]);
  expect(shown).toEqual(GOLDEN_FRAMES.map(({ name, hex }) => [name, hex]));
});

test('docs/PROTOCOL.md lists exactly the opcodes', () => {
  const ops = (heading: string) => Object.fromEntries(rows(heading).map(([op, name]) => [name?.toLowerCase(), op]));
  const text = (table: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(table).map(([name, op]) => [name, String(op)]));
  expect(ops('3. Client')).toEqual(text(CLIENT_OP));
  const server = rows('4. Server').filter((row) => row[1] === row[1]?.toUpperCase() && row[2]?.startsWith('`['));
  expect(Object.fromEntries(server.map(([op, name]) => [name?.toLowerCase(), op]))).toEqual(text(SERVER_OP));
  const kinds = rows('4. Server').filter((row) => row[1]?.startsWith('`['));
  expect(kinds.map((row) => Number(row[0]))).toEqual(Object.values(EVENT));
});

test('docs/PROTOCOL.md lists exactly the error codes and whether to retry', () => {
  const shown = rows('7. Error codes').map(([code, retry]) => [code, retry]);
  expect(shown).toEqual(Object.entries(ERROR_CODES).map(([code, { retry }]) => [code, retry ? 'yes' : 'no']));
});

test('docs/PROTOCOL.md lists exactly the close codes', () => {
  const shown = rows('8. Close codes').map(([code]) => Number(code));
  expect(shown).toEqual(Object.values(CLOSE).sort((a, b) => a - b));
});

test('docs/PROTOCOL.md lists exactly the default limits', () => {
  const shown = Object.fromEntries(rows('6. Limits').map(([name, value]) => [name, Number(value)]));
  expect(shown).toEqual(DEFAULT_LIMITS);
});
