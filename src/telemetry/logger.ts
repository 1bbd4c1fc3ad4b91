/** Binds the log port to pino: one JSON object per line, `node` and the like in each, secrets taken out. */
import { type DestinationStream, destination, pino, stdSerializers } from 'pino';
import type { Logger } from '../base/logger.ts';

/** The levels of LOG_LEVEL. */
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

const SECRETS = [
  'token',
  'resume',
  'secret',
  'password',
  'authorization',
  'adminToken',
  'sessionSecret',
  'redisUrl',
  'redisPassword',
  'redisSentinelPassword',
];
const STDOUT = 1;

/** `bindings` stand in every line. */
export function createLogger(level: LogLevel, to?: DestinationStream, bindings: object = {}): Logger {
  const log = pino(
    {
      level,
      base: { pid: process.pid, ...bindings },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.err, err: stdSerializers.err },
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    },
    // Lines are written at once: the last words of a crashing node matter more than the microseconds.
    to ?? destination({ dest: STDOUT, sync: true }),
  );
  return {
    debug: (fields, text) => log.debug(fields, text),
    info: (fields, text) => log.info(fields, text),
    warn: (fields, text) => log.warn(fields, text),
    error: (fields, text) => log.error(fields, text),
  };
}
