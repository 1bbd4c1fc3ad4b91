import type { MicroCase } from '../micro/cases.ts';
import type { MicroResult } from '../micro/measure.ts';
import { median } from '../report/median.ts';
import { table } from '../report/table.ts';

export interface MicroMedians {
  readonly name: string;
  readonly about: string;
  readonly nsPerOp: number;
  /** Fastest and slowest repetition. */
  readonly nsSpread: readonly [number, number];
  readonly heapBytesPerOp: number;
  readonly bufferBytesPerOp: number;
  /** Where an operation leads to deliveries: 0 where it does not. */
  readonly deliveries: number;
}

export function microMedians({ name, about, deliveries }: Omit<MicroCase, 'run'>, result: MicroResult): MicroMedians {
  const heapBytesPerOp = median(result.heapBytesPerOp);
  const bufferBytesPerOp = median(result.bufferBytesPerOp);
  return {
    name,
    about,
    nsPerOp: median(result.nsPerOp),
    nsSpread: [Math.min(...result.nsPerOp), Math.max(...result.nsPerOp)],
    heapBytesPerOp,
    bufferBytesPerOp,
    deliveries: deliveries ?? 0,
  };
}

const HEAD = ['case', 'ns', 'from', 'to', 'heap bytes', 'buffer bytes', 'heap/delivery', 'buffers/delivery'];

export function microTable(medians: readonly MicroMedians[]): string {
  const rows = medians.map((m) => [
    m.name,
    m.nsPerOp.toFixed(1),
    m.nsSpread[0].toFixed(1),
    m.nsSpread[1].toFixed(1),
    m.heapBytesPerOp.toFixed(1),
    m.bufferBytesPerOp.toFixed(1),
    m.deliveries === 0 ? '' : (m.heapBytesPerOp / m.deliveries).toFixed(2),
    m.deliveries === 0 ? '' : (m.bufferBytesPerOp / m.deliveries).toFixed(2),
  ]);
  const abouts = medians.map(({ name, about }) => `  ${name}: ${about}`);
  return [
    table(HEAD, rows),
    '',
    'Medians per operation. Buffers are the frames themselves. One operation is',
    ...abouts,
  ].join('\n');
}
