/** The client's frames as plain arrays: PROTOCOL section 3, one function per row. */
import type { Position } from './frames.ts';

export type ClientFrame = readonly unknown[];

export const helloFrame = (token: string | null, resume: string | null, version = 1): ClientFrame => [
  1,
  version,
  token,
  resume,
];

export const joinFrame = (
  req: number,
  room: string,
  since: Position | null = null,
  meta: Uint8Array | null = null,
): ClientFrame => [2, req, room, since === null ? null : [since.epoch, since.seq], meta];

export const leaveFrame = (req: number, room: string): ClientFrame => [3, req, room];

export const sendFrame = (room: string, cseq: number, payload: Uint8Array): ClientFrame => [4, room, cseq, payload];

export const setFrame = (
  room: string,
  cseq: number,
  set: Readonly<Record<string, Uint8Array>>,
  del: readonly string[] = [],
): ClientFrame => [5, room, cseq, set, del];

export const pingFrame = (t: number): ClientFrame => [6, t];

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
