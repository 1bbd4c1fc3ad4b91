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
