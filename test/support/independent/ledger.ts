/**
 * What one player did and saw in one room, written down as it happened and judged afterwards (verdict.ts).
 *
 * Entries are what the server said, before the player's own rules (overlaps, holes) touch it: the verdict must
 * not lean on the player's reading.
 */
import type { Position, RoomEvent, Roster, State } from './frames.ts';

export type Entry =
  | {
      readonly what: 'events';
      readonly link: number;
      readonly epoch: number;
      readonly first: number;
      readonly events: readonly RoomEvent[];
    }
  | {
      readonly what: 'jump';
      readonly link: number;
      readonly cause: 'joined' | 'owner' | 'reset';
      readonly epoch: number;
      readonly seq: number;
      readonly me: number;
      readonly cseq: number;
      readonly roster: Roster;
      readonly state: State;
    }
  | {
      readonly what: 'resumed';
      readonly link: number;
      readonly since: Position;
      readonly epoch: number;
      readonly seq: number;
      readonly me: number;
      readonly cseq: number;
    }
  | { readonly what: 'position'; readonly link: number; readonly epoch: number; readonly seq: number };

/**
 * A command's fate by P15. `seen`: its own event came. `passed`: an ACK, JOINED or SYNC at or beyond its cseq came;
 * that it took effect does not follow, since a refusal uses the cseq up too and its ERROR may be lost with the
 * connection. `refused`: an ERROR with retry = false came.
 */
export type Outcome = 'open' | 'seen' | 'passed' | 'refused';

export interface Command {
  readonly id: string;
  readonly body:
    | { readonly kind: 'send'; readonly payload: Uint8Array }
    | {
        readonly kind: 'set';
        readonly set: Readonly<Record<string, Uint8Array>>;
        readonly del: readonly string[];
      };
}

export interface RoomLedger {
  readonly player: string;
  readonly room: string;
  readonly entries: Entry[];
  /** In the order in which the player gave them; the ids are unique in the whole test. */
  readonly commands: Map<string, Outcome>;
  /** Breaches that only the player can see, at the moment they happen. */
  readonly faults: string[];
  /** `in` = a member to the end, so the verdict holds it to the room's last event. */
  status: 'in' | 'out';
}

export const newLedger = (player: string, room: string): RoomLedger => ({
  player,
  room,
  entries: [],
  commands: new Map(),
  faults: [],
  status: 'out',
});

const END_OF_ID = '|'.charCodeAt(0);

/**
 * The id inside a command's event, up to the first `|` (what follows is padding): of a message its payload, of a
 * state change its first value.
 */
export function idOf(event: RoomEvent): string | null {
  if (event.kind === 'message') return idIn(event.payload);
  if (event.kind !== 'changed') return null;
  const [first] = event.set.values();
  return first === undefined ? null : idIn(first);
}

function idIn(bytes: Uint8Array): string {
  const end = bytes.indexOf(END_OF_ID);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
