import { percent } from '../scenarios/validity.ts';
import type { Found } from './scaling-costs.ts';
import type { Plan, Workload } from './scaling-model.ts';
import { table } from './table.ts';

export function inputsTable(found: readonly Found[]): string {
  const rows = found.map(({ input, value, valid, source }) => [
    input.about,
    figure(value),
    input.unit,
    `${source}${valid ? '' : ', INVALID'}`,
    `--${input.option}`,
  ]);
  return table(['measured', 'value', 'unit', 'from', 'or given by'], rows);
}

/** One column per number of connections. */
export function planTable(works: readonly Workload[], plans: readonly Plan[]): string {
  const row = (name: string, text: (plan: Plan) => string) => [name, ...plans.map(text)];
  return table(
    ['connections', ...works.map(({ connections }) => short(connections))],
    [
      row('rooms', (plan) => short(plan.rooms)),
      row('events delivered/s', (plan) => short(plan.eventsPerSecond)),
      row('nodes (one core each)', (plan) => String(plan.nodes)),
      row('Redis (one core each)', (plan) => String(plan.cells)),
      row('nodes per Redis', (plan) => String(plan.nodesPerCell)),
      row('nginx cores', (plan) => figure(plan.nginxCores)),
      row('clients per node', (plan) => short(plan.clientsPerNode)),
      row('memory per node, GB', (plan) => figure(plan.nodeBytes / 1e9)),
      row('  kernel beside it, GB', (plan) => figure(plan.kernelBytesPerNode / 1e9)),
      row('memory of all nodes, GB', (plan) => figure((plan.nodeBytes * plan.nodes) / 1e9)),
      row('memory per Redis, GB', (plan) => figure(plan.redisBytesPerCell / 1e9)),
      row('out, Gbit/s', (plan) => figure(plan.outBitsPerSecond / 1e9)),
      row('  per node, Mbit/s', (plan) => figure(plan.outBitsPerSecond / plan.nodes / 1e6)),
      row('in, Gbit/s', (plan) => figure(plan.inBitsPerSecond / 1e9)),
      row('nodes are bound by', (plan) => limit(plan.nodeLimits[0])),
      row('  next', (plan) => limit(plan.nodeLimits[1])),
      row('Redis is bound by', (plan) => limit(plan.redisLimits[0])),
      row('  next', (plan) => limit(plan.redisLimits[1])),
      row('a dead node’s clients are back in, s', (plan) => figure(plan.rejoinSeconds)),
    ],
  );
}

function limit(share: Plan['nodeLimits'][number] | undefined): string {
  return share === undefined ? '' : `${share[0]} ${percent(share[1])}`;
}

/** Three digits that count. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '';
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 4));
}

export function short(value: number): string {
  const [unit, name] = value >= 1e9 ? [1e9, ' G'] : value >= 1e6 ? [1e6, ' M'] : value >= 1e4 ? [1e3, ' k'] : [1, ''];
  const text = figure(value / unit);
  return `${text.includes('.') ? text.replace(/\.?0+$/, '') : text}${name}`;
}
