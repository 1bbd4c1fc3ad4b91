import { decode, encode } from '@msgpack/msgpack';
import { describe, expect, test } from 'vitest';
import { ClientFrame, readClientFrame } from '../../../src/protocol/client-frame.ts';
import { CLIENT_OP, EVENT, SERVER_OP } from '../../../src/protocol/op.ts';
import { readServerFrame } from '../../../src/protocol/server-reader.ts';
import { Writer } from '../../../src/protocol/writer.ts';
import { fromHex, GOLDEN_FRAMES, toHex } from '../../support/golden-frames.ts';
import { builtFrames } from './built-frames.ts';

describe('golden frames', () => {
  test.each(GOLDEN_FRAMES)('$name: another MessagePack library writes and reads the same', ({ hex, value }) => {
    expect(toHex(encode(value))).toBe(hex);
    expect(decode(fromHex(hex))).toEqual(value);
  });

  test.each(GOLDEN_FRAMES)('$name: our encoder writes these bytes', ({ name, hex }) => {
    const built = builtFrames().get(name);
    expect(built && toHex(built)).toBe(hex);
  });

  test.each(GOLDEN_FRAMES.filter((golden) => golden.from === 'client'))('$name: a node reads it', ({ hex, value }) => {
    const frame = new ClientFrame();
    readClientFrame(fromHex(hex), frame);
    expect(frame.op).toBe(value[0]);
  });

  test.each(GOLDEN_FRAMES.filter((golden) => golden.from === 'server'))('$name: the SDK reads it', ({ hex, value }) => {
    const frame = readServerFrame(fromHex(hex));
    expect(SERVER_OP[frame.op]).toBe(value[0]);
  });

  test('there is one of every opcode in both directions and of every kind of event', () => {
    const opcodes = (from: string) =>
      new Set(GOLDEN_FRAMES.filter((golden) => golden.from === from).map((golden) => golden.value[0]));
    expect(opcodes('client')).toEqual(new Set(Object.values(CLIENT_OP)));
    expect(opcodes('server')).toEqual(new Set(Object.values(SERVER_OP)));
    const kinds = GOLDEN_FRAMES.filter((golden) => golden.from === 'server' && golden.value[0] === SERVER_OP.events)
      .flatMap((golden) => golden.value[4] as readonly (readonly unknown[])[])
      .map((event) => event[0]);
    expect(new Set(kinds)).toEqual(new Set(Object.values(EVENT)));
  });

  test('a writer can be used again after a large frame', () => {
    const w = new Writer(16);
    w.bin(new Uint8Array(2_000_000));
    w.reset();
    w.str('small');
    expect(toHex(w.take())).toBe('a5736d616c6c');
    expect(w.bytes.length).toBe(16);
  });
});
