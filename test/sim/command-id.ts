/**
 * Every command of a run carries an id of its own inside its payload, `~client.life.number~`, so that a checker finds it again
 * in whatever event the room makes of it. What must never be seen carries PHANTOM.
 */
const ID = /~(\d+\.\d+\.\d+)~/;
const TILDE = 0x7e;
/** The longest id of a run, with room to spare. */
const ID_CHARS_MAX = 40;
const PHANTOM = '!phantom!';
const PHANTOM_START = 0x21;

export const phantom = PHANTOM;

export function idText(id: string): string {
  return `~${id}~`;
}

/** Ids in encoded bytes: MessagePack keeps ASCII texts as they are. */
export function idsOf(bytes: Uint8Array): string[] {
  const ids: string[] = [];
  for (let at = bytes.indexOf(TILDE); at >= 0; ) {
    const end = bytes.indexOf(TILDE, at + 1);
    if (end < 0) break;
    const id = end - at > ID_CHARS_MAX ? null : idIn(latin1(bytes.subarray(at, end + 1)));
    if (id !== null) ids.push(id);
    at = id === null ? end : bytes.indexOf(TILDE, end + 1);
  }
  return ids;
}

/** The first id in a text. */
export function idIn(text: string): string | null {
  return ID.exec(text)?.[1] ?? null;
}

export function isPhantom(bytes: Uint8Array): boolean {
  return bytes.includes(PHANTOM_START) && latin1(bytes).includes(PHANTOM);
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
