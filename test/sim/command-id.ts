/**
 * Every command of a run carries an id of its own inside its payload, `~client.life.number~`, so that a checker finds it again
 * in whatever event the room makes of it. What must never be seen carries PHANTOM.
 */
const ID = /~(\d+\.\d+\.\d+)~/g;
const PHANTOM = '!phantom!';

export const phantom = PHANTOM;

export function idText(id: string): string {
  return `~${id}~`;
}

/** Ids in encoded bytes: MessagePack keeps ASCII texts as they are. */
export function idsOf(bytes: Uint8Array): string[] {
  const text = latin1(bytes);
  if (!text.includes('~')) return [];
  return [...text.matchAll(ID)].map((match) => match[1] as string);
}

export function isPhantom(bytes: Uint8Array): boolean {
  return latin1(bytes).includes(PHANTOM);
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
