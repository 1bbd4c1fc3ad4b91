import { encodeSend, encodeSet } from '../protocol/client-writer.ts';

/** What a member asks of its room. Bytes are kept until the command is done and must not change meanwhile. */
export type Command =
  | { readonly kind: 'send'; readonly payload: Uint8Array }
  | { readonly kind: 'set'; readonly set: ReadonlyMap<string, Uint8Array>; readonly del: readonly string[] };

export function encodeCommand(room: string, cseq: number, command: Command): Uint8Array {
  return command.kind === 'send'
    ? encodeSend(room, cseq, command.payload)
    : encodeSet(room, cseq, command.set, command.del);
}

/** Headers of one element: texts and bytes of any length, and what a frame has besides. */
const HEADER_BYTES_MAX = 5;
const FRAME_BYTES_MAX = 32;
const UTF8_BYTES_MAX = 3;

/** At least as many bytes as `encodeCommand` makes of it, without making them. */
export function commandBytesMax(room: string, command: Command): number {
  let bytes = FRAME_BYTES_MAX + textBytesMax(room);
  if (command.kind === 'send') return bytes + HEADER_BYTES_MAX + command.payload.length;
  for (const [key, value] of command.set) bytes += textBytesMax(key) + HEADER_BYTES_MAX + value.length;
  for (const key of command.del) bytes += textBytesMax(key);
  return bytes;
}

function textBytesMax(text: string): number {
  return HEADER_BYTES_MAX + UTF8_BYTES_MAX * text.length;
}
