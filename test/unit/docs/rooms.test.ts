import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { roomTypeOf } from '../../../src/room/definition.ts';
import { page } from './page.ts';

const rooms = page('docs/ROOMS.md');
const source = readFileSync(new URL('../../../src/room/definition.ts', import.meta.url), 'utf8');

/** The members of an interface of definition.ts, in its order. Types leave no trace at run time, so the text has to do. */
function membersOf(name: string): { readonly name: string; readonly parameters: string | null }[] {
  const [, body = ''] = new RegExp(`export interface ${name}(?:<[^{]*>)? \\{\\n([\\s\\S]*?)\\n\\}`).exec(source) ?? [];
  const members = [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??(?:\((.*)\))?: /gm)];
  expect(members.length, `members of ${name}`).toBeGreaterThan(0);
  return members.map(([, member = '', parameters]) => ({ name: member, parameters: parameters ?? null }));
}

/** What stands in backticks in the first column. */
function firstColumn(heading: string): string[] {
  return rooms.rows(heading).flatMap(([cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code));
}

/** `(room: Room<S>, elapsedMs: number)` as `room, elapsedMs`; an optional one keeps its `?`. */
function asCall({ name, parameters }: ReturnType<typeof membersOf>[number]): string {
  if (parameters === null) return name;
  return `${name}(${[...parameters.matchAll(/(\w+\??): /g)].map(([, parameter]) => parameter).join(', ')})`;
}

describe('docs/ROOMS.md lists exactly', () => {
  test('the options of a definition', () => {
    expect(firstColumn('Options')).toEqual(membersOf('RoomOptions').map(({ name }) => name));
  });

  test('their defaults', () => {
    const type = roomTypeOf({ type: 'lobby' }, 12_345);
    const { handlers: _, name: __, ...options } = { ...type, graceMs: 'GRACE_MS' };
    const shown = rooms.rows('Options').map(([name, value]) => [name, value].map((cell) => cell?.replaceAll('`', '')));
    const expected = Object.entries({ type: '–', ...options }).map(([name, value]) => [name, String(value)]);
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(expected));
    expect(type.graceMs).toBe(12_345);
  });

  test('the handlers, with their parameters', () => {
    expect(firstColumn('Handlers')).toEqual(membersOf('RoomHandlers').map(asCall));
  });

  test('what a room can do', () => {
    expect(firstColumn('The room')).toEqual(membersOf('Room').map(asCall));
  });

  test('what the state can do', () => {
    expect(firstColumn('State')).toEqual(membersOf('TypedState').map(asCall));
  });

  test('what a member is', () => {
    const named = [...rooms.text.matchAll(/^A member has ([\s\S]*?)\n\n/gm)].flatMap(([, text = '']) => [
      ...text.matchAll(/`(\w+)`/g),
    ]);
    const names = named.map(([, name]) => name);
    for (const { name } of membersOf('RoomMember')) expect(names).toContain(name);
  });
});
