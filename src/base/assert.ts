/** Throws when a thing that the code relies on does not hold. A bug, never a client's or the network's fault. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** The value, which must be there; its absence is a bug. */
export function must<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`missing: ${what}`);
  return value;
}

/** Ends a `switch` over a union, so that a new case fails to compile. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`);
}
