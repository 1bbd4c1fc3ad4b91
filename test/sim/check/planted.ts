/** Frames as an owner publishes them, made by hand for the tests of the checkers. */
import { encodeMessage } from '../../../src/protocol/payload.ts';
import {
  EVENTS_HEADER_MAX,
  encodeStr,
  writeEventsHeader,
  writeJoined,
  writeMessage,
} from '../../../src/protocol/server-frame.ts';
import { Writer } from '../../../src/protocol/writer.ts';

/** Whose members are where no other is named. */
export const PLANTED_USER = 'guest:aaaaaaaa';

/** `+`: member, user. `m`: member, cseq, text. */
export type Told = ['+', member: number, user?: string] | ['m', member: number, cseq: number, text: string];

export function frame(room: string, epoch: number, first: number, ...told: Told[]): Uint8Array {
  const writer = new Writer(1024);
  writer.pos = EVENTS_HEADER_MAX;
  for (const event of told) {
    if (event[0] === '+') writeJoined(writer, event[1], event[2] ?? PLANTED_USER, null);
    else {
      const body = new Writer(256);
      body.bin(encodeMessage('say', event[3]));
      writeMessage(writer, event[1], event[2], body.bytes, 0, body.pos);
    }
  }
  const start = writeEventsHeader(writer.bytes, EVENTS_HEADER_MAX, encodeStr(room), epoch, first, told.length);
  return writer.bytes.slice(start, writer.pos);
}
