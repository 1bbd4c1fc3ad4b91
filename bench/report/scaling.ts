import { fileURLToPath } from 'node:url';
import { OptionFault, parseOptions } from '../options.ts';
import { readResults } from './read-results.ts';
import { COST_INPUTS, findCost, loadOf } from './scaling-costs.ts';
import { type Costs, planFor, type Workload } from './scaling-model.ts';
import { figure, inputsTable, planTable } from './scaling-table.ts';

/** `npm run bench:scaling`: what a number of connections takes, by docs/SCALING.md, from the costs in bench/results/. */
const AS_MEASURED = '0 = as in the result of scale';

const OPTIONS = {
  connections: { about: 'to plan for', default: [1e6, 1e7], min: 1, max: 1e9, whole: true },
  room: { about: `clients per room; ${AS_MEASURED}`, default: 0, min: 0, max: 1e6, whole: true },
  rate: { about: `messages per second of each client; ${AS_MEASURED}`, default: 0, min: 0, max: 10_000, whole: false },
  payload: { about: `bytes of a message; ${AS_MEASURED}`, default: 0, min: 0, max: 65_536, whole: true },
  spread: { about: '% of the rooms that are on two nodes', default: 10, min: 0, max: 100, whole: false },
  state: { about: 'bytes of state per room', default: 4096, min: 0, max: 1e7, whole: true },
  busy: { about: '% of a core that is planned with', default: 50, min: 1, max: 100, whole: false },
  'connections-max': { about: 'per node (CONNECTIONS_MAX)', default: 18_000, min: 1, max: 1e6, whole: true },
  'node-gb': { about: 'memory per node', default: 4, min: 0.5, max: 1000, whole: false },
} as const;

const COST = { default: 0, min: 0, max: 1e12, whole: false };
const COST_OPTIONS = Object.fromEntries(
  COST_INPUTS.map(({ option, about, unit }) => [option, { ...COST, about: `${about}, ${unit}` }]),
);

function plan(args: readonly string[]): string {
  const values = parseOptions({ ...OPTIONS, ...COST_OPTIONS }, args);
  const given: Readonly<Record<string, unknown>> = values;
  const { results } = readResults(fileURLToPath(new URL('../results', import.meta.url)));
  const found = COST_INPUTS.map((input) => ({ input, cost: findCost(input, results, Number(given[input.option])) }));
  const known = found.flatMap(({ cost }) => cost ?? []);
  const load = loadOf(results) ?? { room: 0, rate: 0, payload: 0 };
  const room = values.room || load.room;
  const rate = values.rate || load.rate;
  const payload = values.payload || load.payload;
  const missing = found.flatMap(({ input, cost }) => (cost === null ? [missingText(input)] : []));
  if (room === 0 || rate === 0 || payload === 0)
    missing.push('the load (--room, --rate, --payload, or npm run bench -- scale)');
  if (missing.length > 0) throw new OptionFault(`not known:\n  ${missing.join('\n  ')}`);
  const costs = Object.fromEntries(
    known.map(({ input, value }) => [input.cost, value * input.times]),
  ) as unknown as Costs;
  const works = values.connections.map((connections): Workload => {
    const spread = values.spread / 100;
    return { connections, room, rate, payloadBytes: payload, spread, stateBytes: values.state };
  });
  const machine = {
    busy: values.busy / 100,
    connectionsMax: values['connections-max'],
    nodeBytesMax: values['node-gb'] * 1e9,
  };
  const plans = works.map((work) => planFor(work, costs, machine));
  const head = `Rooms of ${room}, ${figure(rate)} messages/s of each client, ${payload} bytes; ${values.spread} % of the rooms on two nodes; cores ${values.busy} % full`;
  return [inputsTable(known), '', head, '', planTable(works, plans)].join('\n');
}

function missingText({ about, option, scenario }: (typeof COST_INPUTS)[number]): string {
  return `${about} (--${option}, or npm run bench -- ${scenario})`;
}

try {
  process.stdout.write(`${plan(process.argv.slice(2))}\n`);
} catch (error) {
  if (!(error instanceof OptionFault)) throw error;
  process.stderr.write(`scaling: ${error.message}\n`);
  process.exitCode = 2;
}
