import { clientFrame, OPCODE } from './frame-writer.ts';

/** The first byte of each message of Colyseus 0.18, as far as a load meets them. */
export const COLYSEUS = { joinRoom: 10, error: 11, roomState: 14, roomStatePatch: 15, roomDataBytes: 17 } as const;

/** What a client answers to JOIN_ROOM; only then it counts as joined and hears what is broadcast. */
export const JOIN_ANSWER = clientFrame(OPCODE.binary, Uint8Array.of(COLYSEUS.joinRoom));

export function unexpected(bytes: Uint8Array, start: number, end: number): Error {
  const text = Buffer.from(bytes.subarray(start + 1, Math.min(end, start + 80))).toString('latin1');
  return new Error(`message ${bytes[start]} of Colyseus: ${text}`);
}
