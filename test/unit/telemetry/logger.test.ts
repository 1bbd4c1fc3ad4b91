import { describe, expect, test } from 'vitest';
import { createLogger, type LogLevel } from '../../../src/telemetry/logger.ts';

function capture(level: LogLevel, bindings?: object) {
  const lines: string[] = [];
  const log = createLogger(level, { write: (line: string) => void lines.push(line) }, bindings);
  return { log, read: () => lines.map((line): Record<string, unknown> => JSON.parse(line)) };
}

describe('the log', () => {
  test('is one JSON object per line: level, time, fields, text', () => {
    const { log, read } = capture('info', { node: 'a' });
    log.info({ port: 3000 }, 'listening');
    expect(read()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        pid: process.pid,
        node: 'a',
        port: 3000,
        msg: 'listening',
      },
    ]);
  });

  test('leaves out what is below its level', () => {
    const { log, read } = capture('warn');
    log.debug({}, 'a');
    log.info({}, 'b');
    log.warn({}, 'c');
    log.error({}, 'd');
    expect(read().map(({ msg }) => msg)).toEqual(['c', 'd']);
  });

  test('shows errors with their stack and cause', () => {
    const { log, read } = capture('info');
    log.error({ error: new Error('outer', { cause: new Error('inner') }) }, 'failed');
    expect(read()[0]?.error).toMatchObject({ type: 'Error', message: expect.stringContaining('inner') });
  });

  test('never shows a secret', () => {
    const { log, read } = capture('info');
    log.info({ token: 't-secret', config: { sessionSecret: 's-secret', redisUrl: 'redis://u:p-secret@h' } }, 'started');
    expect(JSON.stringify(read())).not.toContain('-secret');
    expect(read()[0]).toMatchObject({ token: '[redacted]', config: { sessionSecret: '[redacted]' } });
  });
});
