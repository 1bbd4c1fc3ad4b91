/** How often a condition is asked again. Short, since most waits are over at the first or second look. */
const POLL_MS = 5;

export interface UntilOptions {
  readonly timeoutMs?: number;
  /** What is waited for, in words for the error at the timeout. */
  readonly what?: string;
}

/**
 * Waits until `condition` answers something truthy, and answers that. A condition that throws counts as not yet; the
 * error at the timeout carries what it threw last.
 */
export async function until<T>(condition: () => T | Promise<T>, options: UntilOptions = {}): Promise<NonNullable<T>> {
  const { timeoutMs = 5_000, what = 'a condition' } = options;
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      cause = undefined;
      if (value) return value;
    } catch (thrown) {
      cause = thrown;
    }
    if (performance.now() >= deadline) break;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  throw new Error(`waited ${timeoutMs} ms in vain for ${what}${reason}`, { cause });
}
