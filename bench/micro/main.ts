import { must } from '../../src/base/assert.ts';
import { microCases } from './cases.ts';
import { Collections, type MicroPlan, type MicroResult, measure } from './measure.ts';

/** A process of its own, so that flags and heap are its own: measures each case and tells the bench over IPC. */
const plan = JSON.parse(must(process.argv[2], 'the plan, as JSON')) as MicroPlan;
const collections = new Collections();

// The bench is gone: so is the reason to be here.
process.on('disconnect', () => process.exit());

for (const one of microCases()) {
  const result: MicroResult = await measure(one, plan, collections);
  process.send?.(result);
}
process.disconnect();
