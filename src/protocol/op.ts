/** The numbers of PROTOCOL sections 3 and 4: the first element of each frame and of each event. */
export const CLIENT_OP = { hello: 1, join: 2, leave: 3, send: 4, set: 5, ping: 6 } as const;
export type ClientOp = (typeof CLIENT_OP)[keyof typeof CLIENT_OP];

export const SERVER_OP = {
  welcome: 1,
  joined: 2,
  left: 3,
  events: 4,
  sync: 5,
  pong: 6,
  ack: 7,
  error: 8,
  goaway: 9,
  direct: 10,
  closed: 11,
  position: 12,
} as const;

export const EVENT = { message: 0, joined: 1, left: 2, state: 3, status: 4 } as const;

/** Why a member left: by itself, its grace time is over, or the room removed it. */
export const LEFT_REASON = { left: 0, graceOver: 1, removed: 2 } as const;
export type LeftReason = (typeof LEFT_REASON)[keyof typeof LEFT_REASON];

/** Away: the member's connection is lost and its grace time runs. */
export const STATUS = { away: 0, here: 1 } as const;
export type Status = (typeof STATUS)[keyof typeof STATUS];

/** Why a SYNC came: the room has a new owner, or the relay to it started anew. */
export type SyncReason = 'owner' | 'reset';
