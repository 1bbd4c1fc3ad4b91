import { expect, test } from 'vitest';
import { CLOSE, ERROR_CODES } from '../../../src/protocol/codes.ts';
import { page } from './page.ts';

const errors = page('docs/ERRORS.md');

test('docs/ERRORS.md has exactly the error codes, each with its retry', () => {
  const shown = errors.rows('Error codes').map(([code, retry]) => [code, retry]);
  expect(shown).toEqual(Object.entries(ERROR_CODES).map(([code, { retry }]) => [`\`${code}\``, retry ? 'yes' : 'no']));
});

test('docs/ERRORS.md has exactly the close codes', () => {
  const shown = errors.rows('Close codes').map(([code]) => Number(code));
  expect(shown).toEqual(Object.values(CLOSE).sort((a, b) => a - b));
});

test('docs/ERRORS.md says of each code when it comes, what the client does and what the operator does', () => {
  const rows = [...errors.rows('Error codes'), ...errors.rows('Close codes')];
  expect(rows.filter((cells) => cells.some((cell) => cell === ''))).toEqual([]);
});
