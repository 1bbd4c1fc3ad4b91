/** Shapes of replies. One that has another shape than its script promises is a bug, and says where. */
export function array(reply: unknown, what: string): readonly unknown[] {
  if (Array.isArray(reply)) return reply;
  throw new Error(`Redis answered no array as ${what}`);
}

export function buffer(reply: unknown, what: string): Buffer {
  if (reply instanceof Buffer) return reply;
  throw new Error(`Redis answered no string as ${what}`);
}

export function integer(reply: unknown, what: string): number {
  if (Number.isSafeInteger(reply)) return reply as number;
  throw new Error(`Redis answered no integer as ${what}`);
}
