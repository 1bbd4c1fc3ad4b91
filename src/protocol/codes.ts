/**
 * The catalogue of what can go wrong between a client and a node (PROTOCOL sections 7 and 8). `retry` says whether the
 * same command may succeed later; `text` is what the ERROR frame says when the sender has nothing more exact.
 */
export const ERROR_CODES = {
  unauthorized: { retry: false, text: 'token missing, wrong or expired; or the room refused this user' },
  'bad-room': { retry: false, text: 'the name is not a room name, or its type is not served here' },
  'not-joined': { retry: false, text: 'a command for a room that this connection has not joined' },
  'room-full': { retry: true, text: "at the type's member limit" },
  'room-closed': { retry: false, text: 'the room is over' },
  forbidden: { retry: false, text: "the room's rules refuse this command" },
  'too-large': { retry: false, text: 'over a size limit' },
  'too-many-rooms': { retry: false, text: 'over roomsMax' },
  'rate-limited': { retry: true, text: 'over a rate limit' },
  'out-of-order': { retry: true, text: 'not the next cseq' },
  unavailable: { retry: true, text: "the owner, or Redis for a log room, can't be reached now" },
  internal: { retry: true, text: 'a fault of the server; its log has the details' },
} as const satisfies Record<string, { readonly retry: boolean; readonly text: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** WebSocket close codes. 4000-4499: connect again, with back-off and jitter. 4500-4999: do not. */
export const CLOSE = {
  goingAway: 4000,
  tooSlow: 4001,
  helloTimeout: 4002,
  badFrame: 4500,
  unauthorized: 4501,
  replaced: 4502,
  rateLimit: 4503,
  version: 4504,
} as const;
