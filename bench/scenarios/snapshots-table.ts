import { table } from '../report/table.ts';
import { thousands } from './fanout-table.ts';
import type { SnapshotCost, SnapshotsFigures, SnapshotsMedians, SnapshotsRun } from './snapshots-run.ts';
import { percent, remarksOf } from './validity.ts';

const HEAD = [
  'durability',
  'calls/s',
  'commands/s',
  'kB/s to Redis',
  'µs/call',
  'Redis',
  'node',
  'swarm',
  'p50 ms',
  'p99 ms',
  'lost',
  'doubled',
  'order',
  '',
];

export function snapshotsTable(
  runs: readonly SnapshotsRun[],
  medians: readonly SnapshotsMedians[],
  cost: SnapshotCost,
  latestMs: number,
): string {
  const rows = runs.map((run) => [
    run.server,
    ...cells(run),
    String(run.lost),
    String(run.doubled),
    String(run.disordered),
    run.invalid.length > 0 ? 'INVALID' : '',
  ]);
  const middles = medians.map((m) => [
    `median ${m.durability}`,
    ...cells(m),
    '',
    '',
    '',
    m.valid ? `of ${m.runs}` : 'INVALID',
  ]);
  const notes = runs.flatMap((run, i) => remarksOf(run).map((text) => `run ${i + 1} (${run.server}): ${text}`));
  return [table(HEAD, [...rows, ...middles]), '', ...costText(cost, latestMs), ...notes].join('\n');
}

function cells(of: SnapshotsFigures): string[] {
  return [
    of.callsPerSecond.toFixed(1),
    of.commandsPerSecond.toFixed(1),
    thousands(of.bytesInPerSecond / 1000),
    of.usPerCall.toFixed(0),
    percent(of.redisShare),
    percent(of.serverShare),
    percent(of.swarmShare),
    of.p50Ms.toFixed(2),
    of.p99Ms.toFixed(2),
  ];
}

function costText(cost: SnapshotCost, latestMs: number): string[] {
  const perDebounce = (cost.callsPerRoomSecond * latestMs) / 1000;
  return [
    `Above durability none, per second of a room that changes all the time: ${cost.callsPerRoomSecond.toFixed(2)} calls, ` +
      `${cost.commandsPerRoomSecond.toFixed(2)} commands inside of them, ${thousands(cost.bytesPerRoomSecond)} bytes`,
    `Calls per room and debounce of ${latestMs} ms: ${perDebounce.toFixed(2)}; bytes per written key: ${thousands(cost.bytesPerKey)}`,
    `p99, snapshot ÷ none: ${cost.p99Ratio.toFixed(2)} ×`,
  ];
}
