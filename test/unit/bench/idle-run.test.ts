import { expect, test } from 'vitest';
import { slabBytes, socketBytes } from '../../../bench/host/kernel-memory.ts';
import { idleMedians, idleRun } from '../../../bench/scenarios/idle-run.ts';
import { idleTable } from '../../../bench/scenarios/idle-table.ts';

const READINGS = {
  clients: 1000,
  tenth: 100,
  emptyBytes: 50_000_000,
  tenthBytes: 50_500_000,
  fullBytes: 52_300_000,
  kernelEmptyBytes: 10_000_000,
  kernelFullBytes: 18_000_000,
  stillCpu: 0.6,
  stillSeconds: 60,
};

test('kernel memory is in bytes', () => {
  expect(slabBytes('MemTotal:       24000 kB\nSlab:             174964 kB\nSReclaimable:  1 kB\n')).toBe(
    174_964 * 1024,
  );
  expect(socketBytes('sockets: used 16\nTCP: inuse 1 orphan 0 tw 0 alloc 1 mem 36\nUDP: inuse 0 mem 5\n')).toBe(
    36 * 4096,
  );
  expect(() => slabBytes('')).toThrow('Slab');
  expect(() => socketBytes('UDP: inuse 0 mem 5\n')).toThrow('TCP');
});

test('what idle clients cost is what the server, the kernel and its core hold more', () => {
  expect(idleRun('x', READINGS)).toMatchObject({
    perClient: 2300,
    perFurtherClient: 2000,
    kernelPerClient: 8000,
    stillShare: 0.01,
    stillUsPerClientSecond: 10,
  });
});

test('the second server is told above the first', () => {
  const runs = [idleRun('raw', { ...READINGS, fullBytes: 51_000_000, stillCpu: 0.3 }), idleRun('x', READINGS)];
  const text = idleTable(
    runs,
    ['raw', 'x'].map((server) => idleMedians(server, runs)),
  );
  expect(text).toContain('A client joined costs 1 300 bytes above a socket of raw');
  expect(text).toContain('0 of the kernel, and 5.00 µs of CPU per second');
});
