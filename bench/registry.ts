import type { Scenario } from './scenario.ts';
import { failover } from './scenarios/failover.ts';
import { fanout } from './scenarios/fanout.ts';
import { http } from './scenarios/http.ts';
import { idle } from './scenarios/idle.ts';
import { joins } from './scenarios/joins.ts';
import { latency } from './scenarios/latency.ts';
import { log } from './scenarios/log.ts';
import { micro } from './scenarios/micro.ts';
import { peers } from './scenarios/peers.ts';
import { relay } from './scenarios/relay.ts';
import { scale } from './scenarios/scale.ts';
import { slowReader } from './scenarios/slow-reader.ts';
import { snapshots } from './scenarios/snapshots.ts';
import { tick } from './scenarios/tick.ts';

/** Every scenario. A new one is its import above and its line here. */
export const SCENARIOS: readonly Scenario[] = [
  // In the order of `npm run bench -- all`.
  fanout,
  relay,
  scale,
  latency,
  tick,
  joins,
  idle,
  snapshots,
  log,
  failover,
  http,
  slowReader,
  micro,
  peers,
];
