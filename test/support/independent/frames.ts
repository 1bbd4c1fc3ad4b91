/** The server's frames and events as values: PROTOCOL section 4, one type per row. */
export interface Position {
  readonly epoch: number;
  readonly seq: number;
}

export interface RosterRow {
  readonly member: number;
  readonly user: string;
  readonly status: number;
  readonly meta: Uint8Array | null;
}

export type Roster = readonly RosterRow[];
export type State = ReadonlyMap<string, Uint8Array>;

export type RoomEvent =
  | { readonly kind: 'message'; readonly member: number; readonly cseq: number; readonly payload: Uint8Array }
  | { readonly kind: 'joined'; readonly member: number; readonly user: string; readonly meta: Uint8Array | null }
  | { readonly kind: 'left'; readonly member: number; readonly reason: number }
  | {
      readonly kind: 'changed';
      readonly member: number;
      readonly cseq: number;
      readonly set: State;
      readonly del: readonly string[];
    }
  | { readonly kind: 'status'; readonly member: number; readonly status: number };

export interface Welcome {
  readonly op: 'welcome';
  readonly sid: string;
  readonly resume: string;
  readonly node: string;
  readonly limits: ReadonlyMap<string, number>;
}

export interface Joined extends Position {
  readonly op: 'joined';
  readonly req: number;
  readonly room: string;
  readonly me: number;
  readonly cseq: number;
  readonly roster: Roster | null;
  readonly state: State | null;
}

export interface Left {
  readonly op: 'left';
  readonly req: number;
  readonly room: string;
}

export interface Events {
  readonly op: 'events';
  readonly room: string;
  readonly epoch: number;
  readonly first: number;
  readonly events: readonly RoomEvent[];
}

export interface Sync extends Position {
  readonly op: 'sync';
  readonly room: string;
  readonly me: number;
  readonly cseq: number;
  readonly roster: Roster;
  readonly state: State;
  readonly reason: 'owner' | 'reset';
}

export interface Pong {
  readonly op: 'pong';
  readonly t: number;
  readonly now: number;
}

interface Ack {
  readonly op: 'ack';
  readonly room: string;
  readonly cseq: number;
}

export interface ErrorFrame {
  readonly op: 'error';
  readonly code: string;
  readonly message: string;
  readonly retry: boolean;
  readonly req: number | null;
  readonly room: string | null;
  readonly cseq: number | null;
}

interface GoAway {
  readonly op: 'goaway';
  readonly reason: string;
  readonly afterMs: number;
}

interface Direct {
  readonly op: 'direct';
  readonly room: string;
  readonly member: number;
  readonly payload: Uint8Array;
}

interface Closed {
  readonly op: 'closed';
  readonly room: string;
  readonly reason: string;
}

interface PositionFrame extends Position {
  readonly op: 'position';
  readonly room: string;
}

export type ServerFrame =
  | Welcome
  | Joined
  | Left
  | Events
  | Sync
  | Pong
  | Ack
  | ErrorFrame
  | GoAway
  | Direct
  | Closed
  | PositionFrame;

/** PROTOCOL section 7: whether a client may try again. */
export const retryOfCode: ReadonlyMap<string, boolean> = new Map([
  ['unauthorized', false],
  ['bad-room', false],
  ['not-joined', false],
  ['room-full', true],
  ['room-closed', false],
  ['forbidden', false],
  ['too-large', false],
  ['too-many-rooms', false],
  ['rate-limited', true],
  ['out-of-order', true],
  ['unavailable', true],
  ['internal', true],
]);
