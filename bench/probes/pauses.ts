/**
 * The longest time without an event, in ms, of one client. A gap counts as far as it lies in the span: so one that the
 * client never came back from counts up to its end.
 *
 * `times` rise; those outside of the span only say where its first gap began.
 */
export function longestPause(times: readonly number[], fromMs: number, toMs: number): number {
  let longest = 0;
  let last = fromMs;
  for (const time of times) {
    if (time <= fromMs) continue;
    if (time >= toMs) break;
    longest = Math.max(longest, time - last);
    last = time;
  }
  return Math.max(longest, toMs - last);
}

/** The nearest-rank percentile of a few values; NaN for none. */
export function percentileOf(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}
