import { describe, expect, it } from 'vitest';
import { readCommandLine, UsageFault } from '../../../infra/cluster/options.ts';

describe('the command line of the local cluster', () => {
  it('has defaults for all', () => {
    expect(readCommandLine([])).toEqual({
      nodes: 3,
      port: null,
      redisUrl: null,
      restart: true,
      dir: '.cluster',
      keep: false,
      help: false,
    });
  });

  it('reads its options', () => {
    const args = ['--nodes', '5', '--port=9000', '--redis', 'redis://host:1', '--no-restart', '--dir', 'a', '--keep'];
    expect(readCommandLine(args)).toMatchObject({
      nodes: 5,
      port: 9000,
      redisUrl: 'redis://host:1',
      restart: false,
      dir: 'a',
      keep: true,
    });
  });

  it.each([
    [['--nodes', '0'], '--nodes is "0": expected a whole number from 1 to 64'],
    [['--nodes', '1.5'], '--nodes is "1.5"'],
    [['--port', '0'], '--port is "0": expected a whole number from 1 to 65535'],
    [['--redis', 'localhost:6379'], '--redis is "localhost:6379": expected redis://'],
    [['--dir', ''], '--dir is empty'],
    [['--nods', '3'], "Unknown option '--nods'"],
    [['--nodes'], '--nodes'],
    [['extra'], 'extra'],
  ])('refuses %j', (args, reason) => {
    expect(() => readCommandLine(args)).toThrow(UsageFault);
    expect(() => readCommandLine(args)).toThrow(reason);
  });
});
