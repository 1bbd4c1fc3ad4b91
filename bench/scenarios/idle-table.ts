import { table } from '../report/table.ts';
import { thousands } from './fanout-table.ts';
import type { IdleFigures, IdleMedians, IdleRun } from './idle-run.ts';

const HEAD = [
  'server',
  'empty kB',
  'full kB',
  'bytes/client',
  'bytes/further client',
  'kernel bytes/client',
  'CPU',
  'µs/client-s',
];

export function idleTable(runs: readonly IdleRun[], medians: readonly IdleMedians[]): string {
  const kB = (bytes: number) => thousands(bytes / 1024);
  const rows = runs.map((run) => [run.server, kB(run.emptyBytes), kB(run.fullBytes), ...cells(run)]);
  const middles = medians.map((m) => [`median ${m.server}`, '', '', ...cells(m)]);
  return [table(HEAD, [...rows, ...middles]), ...above(medians)].join('\n');
}

function cells(of: IdleFigures): string[] {
  return [
    thousands(of.perClient),
    thousands(of.perFurtherClient),
    thousands(of.kernelPerClient),
    `${(of.stillShare * 100).toFixed(1)} %`,
    of.stillUsPerClientSecond.toFixed(2),
  ];
}

/** The second server beside the first, which is the baseline. */
function above([base, other]: readonly IdleMedians[]): string[] {
  if (base === undefined || other === undefined) return [];
  const bytes = thousands(other.perClient - base.perClient);
  const further = thousands(other.perFurtherClient - base.perFurtherClient);
  const kernel = thousands(other.kernelPerClient - base.kernelPerClient);
  const cpu = (other.stillUsPerClientSecond - base.stillUsPerClientSecond).toFixed(2);
  return [
    '',
    `A client joined costs ${bytes} bytes above a socket of ${base.server} (further ones ${further}), ` +
      `${kernel} of the kernel, and ${cpu} µs of CPU per second that it sits still`,
  ];
}
