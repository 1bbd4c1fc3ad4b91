import { expect, test } from 'vitest';
import { parseCores, parseProcessCpu, parseResidentBytes } from '../../../bench/host/proc-stat.ts';

test('the CPU of a process is its user and system time, whatever its name is', () => {
  const rest = 'S 1 1 1 0 -1 4194560 1 0 0 0 250 75 9 9 20 0 7 0 100 1 1';
  expect(parseProcessCpu(`42 (node) ${rest}`)).toBe(3.25);
  expect(parseProcessCpu(`42 (a) b (c) ${rest}`)).toBe(3.25);
});

test('cores are read without their sum, stolen time apart', () => {
  const text = 'cpu  1 1 1 1\ncpu0 100 0 50 800 100 10 40 300 0 0\ncpu12 0 0 0 5 0 0 0 0 0 0\nintr 5';
  expect(parseCores(text)).toEqual([
    { core: 0, busy: 2, idle: 9, stolen: 3 },
    { core: 12, busy: 0, idle: 0.05, stolen: 0 },
  ]);
});

test('resident memory is in bytes', () => {
  expect(parseResidentBytes('Name:\tnode\nVmRSS:\t   66052 kB\nThreads:\t7\n')).toBe(66_052 * 1024);
  expect(() => parseResidentBytes('Name:\tx\n')).toThrow('VmRSS');
});
