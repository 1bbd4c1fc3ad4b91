import type { Scenario } from './scenario.ts';
import { fanout } from './scenarios/fanout.ts';
import { idle } from './scenarios/idle.ts';
import { log } from './scenarios/log.ts';
import { slowReader } from './scenarios/slow-reader.ts';

/** Every scenario. A new one is its import above and its line here. */
export const SCENARIOS: readonly Scenario[] = [
  // In the order of `npm run bench -- all`.
  fanout,
  idle,
  log,
  slowReader,
];
