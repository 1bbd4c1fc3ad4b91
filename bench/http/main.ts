import autocannon from 'autocannon';
import { must } from '../../src/base/assert.ts';
import type { CannonPlan, CannonResult } from './plan.ts';

/** A process of its own, so that its work is on the swarm's cores. */
const plan = JSON.parse(must(process.argv[2], 'the plan, as JSON')) as CannonPlan;

// The bench is gone: so is the reason to be here.
process.on('disconnect', () => process.exit());

const { requests, latency, non2xx, errors } = await autocannon({
  url: plan.url,
  connections: plan.connections,
  duration: plan.seconds,
  ...(plan.rate > 0 ? { overallRate: plan.rate } : {}),
});
const result: CannonResult = {
  requestsPerSecond: requests.average,
  p50Ms: latency.p50,
  p99Ms: latency.p99,
  maxMs: latency.max,
  failed: non2xx + errors,
};
process.send?.(result, () => process.disconnect());
