const STEP_SEC = 4;
const TIMEOUT_SEC_MIN = 8;
const TIMEOUT_SEC_MAX = 960;
const MARGIN_SEC_MAX = 16;

/**
 * The `idleTimeout` with which uWebSockets.js pings after `keepAliveMs` of silence at the latest. It pings a margin of
 * 4, 8 or 16 s before the timeout, the longest of them that is at most half of it, and takes steps of 4 s only.
 */
export function idleTimeoutSec(keepAliveMs: number): number {
  const keepAliveSec = keepAliveMs / 1000;
  let best = TIMEOUT_SEC_MIN;
  for (let timeout = TIMEOUT_SEC_MIN; timeout <= TIMEOUT_SEC_MAX; timeout += STEP_SEC) {
    if (timeout - pingMarginSec(timeout) <= keepAliveSec) best = timeout;
  }
  return best;
}

function pingMarginSec(timeoutSec: number): number {
  let margin = STEP_SEC;
  while (timeoutSec - margin * 2 >= margin * 2 && margin < MARGIN_SEC_MAX) margin *= 2;
  return margin;
}
