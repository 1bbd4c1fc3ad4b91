/**
 * The messages that edges and owners exchange inside packets, one MessagePack array each: `[op, room, …]`.
 * Frames and command bodies ride as bin, byte for byte. All nodes of a cluster run one packet version.
 */

import type { Reader } from '../protocol/reader.ts';
import type { Writer } from '../protocol/writer.ts';

export const RELAY = {
  // Edge to owner.
  join: 1,
  leave: 2,
  away: 3,
  message: 4,
  patch: 5,
  attach: 6,
  detach: 7,
  doubted: 8,
  // Owner to edge.
  frame: 20,
  send: 21,
  joined: 22,
  synced: 23,
  left: 24,
  refused: 25,
  replaced: 26,
  attached: 27,
  moved: 28,
  closed: 29,
  // Node to node.
  hole: 40,
  whole: 41,
  session: 42,
  handOver: 43,
} as const;

export type WriteMessage = (w: Writer) => void;

/** Begins `[op, room, …fields]`. */
export function head(w: Writer, fields: number, op: number, room: string): void {
  w.array(fields + 2);
  w.uint(op);
  w.str(room);
}

export function binOrNil(w: Writer, bytes: Uint8Array | null): void {
  if (bytes === null) w.nil();
  else w.bin(bytes);
}

/** Packets are read out of a buffer of their own, so what is kept of them needs no copy. */
export function readBinOrNil(r: Reader, what: string): Uint8Array | null {
  return r.nil() ? null : r.bin(what);
}

/** The messages that carry a room's name alone. */
export function roomMessage(
  op: typeof RELAY.detach | typeof RELAY.doubted | typeof RELAY.moved,
  room: string,
): WriteMessage {
  return (w) => head(w, 0, op, room);
}

/** Packets of the receiver were lost: it attaches all rooms that the sender of this owns again. The room is empty. */
export const holeMessage: WriteMessage = (w) => head(w, 0, RELAY.hole, '');

/** The answer to HOLE, behind the ATTACHes: the sender sits in no other room of the receiver. */
export const wholeMessage: WriteMessage = (w) => head(w, 0, RELAY.whole, '');

/** The sender has a connection of this session with that generation: older ones close (P4). */
export function sessionMessage(sid: string, generation: number): WriteMessage {
  return (w) => {
    head(w, 2, RELAY.session, '');
    w.str(sid);
    w.uint(generation);
  };
}
