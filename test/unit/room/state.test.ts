import { describe, expect, test } from 'vitest';
import { Reader } from '../../../src/protocol/reader.ts';
import { RoomState } from '../../../src/room/state.ts';

function bytes(length: number, fill = 1): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

function contents(state: RoomState): Record<string, number> {
  return Object.fromEntries([...state.entries()].map(([key, value]) => [key, value.length]));
}

describe('bytes', () => {
  test('count keys in UTF-8 and values, once each', () => {
    const state = new RoomState();
    state.set('k', bytes(10));
    state.set('é', bytes(5));
    expect(state.bytes).toBe(1 + 10 + 2 + 5);
    state.set('k', bytes(3));
    expect(state.bytes).toBe(1 + 3 + 2 + 5);
    state.delete('é');
    state.delete('missing');
    expect(state.bytes).toBe(1 + 3);
  });

  test('are what they were after a rollback', () => {
    const state = new RoomState();
    state.set('k', bytes(10));
    state.begin();
    state.set('k', bytes(1));
    state.set('new', bytes(100));
    state.delete('k');
    state.set('k', bytes(7));
    state.rollback();
    expect(state.bytes).toBe(11);
    expect(contents(state)).toEqual({ k: 10 });
  });
});

describe('a transaction', () => {
  test('[P15] rolled back leaves the values that were there', () => {
    const state = new RoomState();
    const before = bytes(3, 7);
    state.set('kept', before);
    state.begin();
    state.set('kept', bytes(3, 8));
    state.set('kept', bytes(3, 9));
    state.rollback();
    expect(state.get('kept')).toBe(before);
  });

  test('kept can not be rolled back any more', () => {
    const state = new RoomState();
    state.begin();
    state.set('k', bytes(1));
    state.keep();
    state.rollback();
    expect(contents(state)).toEqual({ k: 1 });
  });

  test('starts anew with each begin', () => {
    const state = new RoomState();
    state.begin();
    state.set('first', bytes(1));
    state.keep();
    state.begin();
    state.set('second', bytes(1));
    state.rollback();
    expect(contents(state)).toEqual({ first: 1 });
  });
});

describe('dirty', () => {
  test('names what was set and what was deleted', () => {
    const state = new RoomState();
    state.load('old', bytes(1));
    expect([...state.dirty]).toEqual([]);
    state.set('new', bytes(1));
    state.delete('old');
    state.delete('missing');
    expect([...state.dirty]).toEqual(['new', 'old']);
  });
});

describe('encode', () => {
  test('is a map of what is there', () => {
    const state = new RoomState();
    state.set('a', bytes(2));
    state.set('b', bytes(0));
    const reader = new Reader();
    reader.reset(state.encode());
    expect(reader.map('state')).toBe(2);
    expect([reader.str('key'), [...reader.bin('value')]]).toEqual(['a', [1, 1]]);
    expect([reader.str('key'), [...reader.bin('value')]]).toEqual(['b', []]);
    reader.done('state');
  });

  test('is made again after each kind of change', () => {
    const state = new RoomState();
    const empty = state.encode();
    state.begin();
    state.set('k', bytes(1));
    expect(state.encode()).not.toEqual(empty);
    state.rollback();
    expect(state.encode()).toEqual(empty);
    state.set('k', bytes(1));
    const one = state.encode();
    expect(state.encode()).toBe(one);
    state.delete('k');
    expect(state.encode()).toEqual(empty);
  });
});
