/** Claims of owners and frames as they publish them, made by hand for the tests of the checkers. */
import type { RoomRecord as StoredRecord } from '../../../src/cluster/ports.ts';
import { LEFT_REASON, STATUS } from '../../../src/protocol/op.ts';
import { encodeMessage } from '../../../src/protocol/payload.ts';
import {
  EVENTS_HEADER_MAX,
  encodeStr,
  writeEventsHeader,
  writeJoined,
  writeLeft,
  writeMessage,
  writeStatus,
} from '../../../src/protocol/server-frame.ts';
import { Writer } from '../../../src/protocol/writer.ts';
import type { OneHistory } from './one-history.ts';

export const ROOM = 'snap:1';
export const LOG_ROOM = 'ledger:1';
export const PLANTED_ROOMS = [
  { name: ROOM, durability: 'snapshot', hasPresence: true },
  { name: LOG_ROOM, durability: 'log', hasPresence: true },
] as const;

/** Whose members are where no other is named. */
export const PLANTED_USER = 'guest:aaaaaaaa';

/** `+`: member, user. `m`: member, cseq, text. `-`: member, whose grace time is over. `away`: member. */
export type Told =
  | ['+', member: number, user?: string]
  | ['m', member: number, cseq: number, text: string]
  | ['-', member: number]
  | ['away', member: number];

export function frame(room: string, epoch: number, first: number, ...told: Told[]): Uint8Array {
  const writer = new Writer(1024);
  writer.pos = EVENTS_HEADER_MAX;
  for (const event of told) {
    if (event[0] === '+') writeJoined(writer, event[1], event[2] ?? PLANTED_USER, null);
    else if (event[0] === '-') writeLeft(writer, event[1], LEFT_REASON.graceOver);
    else if (event[0] === 'away') writeStatus(writer, event[1], STATUS.away);
    else {
      const body = new Writer(256);
      body.bin(encodeMessage('say', event[3]));
      writeMessage(writer, event[1], event[2], body.bytes, 0, body.pos);
    }
  }
  const start = writeEventsHeader(writer.bytes, EVENTS_HEADER_MAX, encodeStr(room), epoch, first, told.length);
  return writer.bytes.slice(start, writer.pos);
}

/** The node becomes the owner and finds the room at `seq` of the epoch before, or no room. */
export function claim(
  history: OneHistory,
  room: string,
  node: string,
  epoch: number,
  seq: number | null,
  dead: string | null,
): void {
  const record: StoredRecord | null =
    seq === null ? null : { seq, meta: null, state: new Map(), members: new Map(), log: [] };
  const before = history.room(room).last?.epoch ?? 0;
  const kept = seq === null ? null : { epoch: before, seq };
  history.claimed(
    { room, self: node, dead, copy: 0 },
    { kind: 'owned', epoch, before, isCopy: false, wasOwn: false, record },
    kept,
  );
}
