/** The one history of a room, put together from what all its members saw. */
import { createHash } from 'node:crypto';
import type { RoomEvent } from './frames.ts';
import type { RoomLedger } from './ledger.ts';

/** What a breach did to the events of a room, for the one line that sums up a run. */
export type Harm = 'lost' | 'doubled' | 'out of order' | 'other';

export interface Violation {
  /** The rule of PROTOCOL.md, or `test` where the test itself gave too little to judge by. */
  readonly rule: string;
  readonly harm: Harm;
  readonly room: string;
  readonly player: string;
  readonly text: string;
}

export interface Seen {
  readonly epoch: number;
  readonly seq: number;
  readonly event: RoomEvent;
  readonly player: string;
  /** The event as text: two events are equal exactly where their texts are. */
  readonly text: string;
}

/** Events in the order of the room, and each place where two members saw different ones (P11). */
export function mergeHistories(ledgers: readonly RoomLedger[]): { history: Seen[]; violations: Violation[] } {
  const byPlace = new Map<string, Seen>();
  const violations: Violation[] = [];
  for (const { player, room, entries } of ledgers) {
    for (const entry of entries) {
      if (entry.what !== 'events') continue;
      for (const [i, event] of entry.events.entries()) {
        const seq = entry.first + i;
        const place = `${entry.epoch}:${seq}`;
        const text = eventText(event);
        const known = byPlace.get(place);
        if (known === undefined) byPlace.set(place, { epoch: entry.epoch, seq, event, player, text });
        else if (known.text !== text) {
          violations.push({
            rule: 'P11',
            harm: 'out of order',
            room,
            player,
            text: `${place} is ${text}, but ${known.player} saw ${known.text}`,
          });
        }
      }
    }
  }
  const history = [...byPlace.values()].sort((a, b) => a.epoch - b.epoch || a.seq - b.seq);
  return { history, violations };
}

/** Larger ones are compared by their hash. */
const SHOWN_BYTES_MAX = 256;

function eventText(event: RoomEvent): string {
  const { kind, member } = event;
  switch (event.kind) {
    case 'message':
      return `${kind} ${member} ${event.cseq} ${bytesText(event.payload)}`;
    case 'joined':
      return `${kind} ${member} ${event.user} ${event.meta === null ? 'nil' : bytesText(event.meta)}`;
    case 'left':
      return `${kind} ${member} ${event.reason}`;
    case 'changed': {
      const set = [...event.set].map(([key, value]) => `${key}=${bytesText(value)}`).sort();
      return `${kind} ${member} ${event.cseq} ${set.join(' ')} - ${event.del.join(' ')}`;
    }
    case 'status':
      return `${kind} ${member} ${event.status}`;
  }
}

const bytesText = (bytes: Uint8Array): string =>
  bytes.length > SHOWN_BYTES_MAX
    ? createHash('sha256').update(bytes).digest('hex')
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
