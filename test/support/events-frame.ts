/** An EVENTS frame made by hand: member 1 says one thing after another. */
import { EVENTS_HEADER_MAX, encodeStr, writeEventsHeader, writeMessage } from '../../src/protocol/server-frame.ts';
import { Writer } from '../../src/protocol/writer.ts';

export function messagesFrame(room: string, epoch: number, first: number, count: number): Uint8Array {
  const writer = new Writer(1024);
  writer.pos = EVENTS_HEADER_MAX;
  for (let seq = first; seq < first + count; seq++) {
    const body = new Writer(64);
    body.bin(new TextEncoder().encode(`message ${String(seq).padStart(6, '0')}`));
    writeMessage(writer, 1, 1, body.bytes, 0, body.pos);
  }
  const start = writeEventsHeader(writer.bytes, EVENTS_HEADER_MAX, encodeStr(room), epoch, first, count);
  return writer.bytes.slice(start, writer.pos);
}
