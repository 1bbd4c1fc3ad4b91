/**
 * Why a call to Redis failed. `unavailable`: it can't be reached or can't serve now, so the call may be made again, and
 * a write may or may not have happened. `internal`: Redis refused the call itself, which is a bug or a wrong set-up.
 */
export class StoreFault extends Error {
  readonly code: 'unavailable' | 'internal';

  constructor(code: 'unavailable' | 'internal', text: string, cause?: Error) {
    super(text, cause === undefined ? undefined : { cause });
    this.name = 'StoreFault';
    this.code = code;
  }
}

/** Replies by which a Redis says that this connection is of no use now. */
export const STANDS_DOWN = /^(READONLY|MASTERDOWN|LOADING)\b/;

/** Replies by which a Redis that is reachable says that it can't serve now. */
const CANNOT_SERVE = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|MISCONF|OOM|BUSY|TRYAGAIN)\b/;

/** `error` must come from `withoutSecrets`. */
export function storeFault(error: Error): StoreFault {
  const refused = error.name === 'ReplyError' && !CANNOT_SERVE.test(error.message);
  return refused
    ? new StoreFault('internal', `Redis refused a command: ${error.message}`, error)
    : new StoreFault('unavailable', `Redis is unavailable: ${error.message}`, error);
}

/** Redis answered that it refuses this call; others on the same connection may well be served. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof StoreFault && error.cause instanceof Error)) return false;
  return error.cause.name === 'ReplyError' && !STANDS_DOWN.test(error.cause.message);
}

/** What Redis said. */
export function messageOf(fault: StoreFault): string {
  return fault.cause instanceof Error ? fault.cause.message : '';
}

/** The user that this node has in Redis may not run the command, or the server does not have it. */
export function isNotPermitted(error: unknown): boolean {
  return (
    error instanceof StoreFault && error.cause instanceof Error && /^(NOPERM|ERR unknown)\b/.test(error.cause.message)
  );
}

/**
 * A copy of an error of the Redis client fit for logs: ioredis puts the arguments of the failed command into its errors
 * (that of a login among them), and a server may quote them in its reply.
 */
export function withoutSecrets(error: unknown, password: string | undefined): Error {
  const copy = new Error(textOf(error));
  if (password) copy.message = copy.message.replaceAll(password, '***');
  if (error instanceof Error) copy.name = error.name;
  return copy;
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A host with several addresses fails with all of their errors and no message of its own.
  if (error instanceof AggregateError) return error.errors.map(textOf).join('; ');
  return error.message || error.name;
}
