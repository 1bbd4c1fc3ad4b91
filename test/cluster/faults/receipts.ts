/**
 * When each client got what: written down beside the socket, before the client's own rules touch it.
 *
 * A pause of a client is the longest time in which no event came to it, while its room was sent events at a steady
 * rate. What answers a JOIN does not end a pause, only events do.
 */
import type { RoomEvent, ServerFrame } from '../../support/independent/frames.ts';
import { idOf } from '../../support/independent/ledger.ts';
import { type OpenLink, openSocket } from '../../support/independent/link.ts';
import type { Load } from './load.ts';
import type { Span, Stalls } from './stalls.ts';

export interface Pause {
  /** When it began, by performance.now(). */
  readonly from: number;
  readonly ms: number;
}

export class Receipts {
  /** The node that said WELCOME last. */
  node: string | null = null;
  readonly #firstSights: FirstSights;
  readonly #events: { readonly at: number; readonly events: readonly RoomEvent[] }[] = [];
  readonly #joinedAt: number[] = [];

  constructor(firstSights: FirstSights) {
    this.#firstSights = firstSights;
  }

  /** Opens real sockets and notes what comes out of them. */
  readonly open: OpenLink = (url, events) =>
    openSocket(url, {
      ...events,
      frame: (frame) => {
        this.#note(frame);
        events.frame(frame);
      },
    });

  /** Times of JOINED, for who counts joins. */
  get joinedAt(): readonly number[] {
    return this.#joinedAt;
  }

  /** Less the longest time in it that this process itself stood still. */
  longestPause({ from, to }: Span, stalls: Stalls): Pause {
    let longest: Pause = { from, ms: 0 };
    let last = from;
    for (const at of [...this.#times({ from, to }), to]) {
      const ms = at - last > longest.ms ? at - last - stalls.longestMs({ from: last, to: at }) : 0;
      if (ms > longest.ms) longest = { from: last, ms };
      last = at;
    }
    return longest;
  }

  /**
   * From when each command was due to be sent until it came here, for those that came in that time. Less the longest
   * time in it that this process itself stood still.
   */
  delaysMs({ from, to }: Span, { dueAt, stalls }: Load): number[] {
    const came = this.#events.filter(({ at }) => at > from && at < to);
    return came.flatMap(({ at, events }) =>
      events.flatMap((event) => {
        const due = dueAt.get(idOf(event) ?? '');
        return due === undefined ? [] : [at - due - stalls.longestMs({ from: due, to: at })];
      }),
    );
  }

  #times({ from, to }: Span): number[] {
    return this.#events.map(({ at }) => at).filter((at) => at > from && at < to);
  }

  #note(frame: ServerFrame): void {
    if (frame.op === 'welcome') this.node = frame.node;
    if (frame.op === 'joined') this.#joinedAt.push(performance.now());
    if (frame.op !== 'events') return;
    const now = performance.now();
    this.#events.push({ at: now, events: frame.events });
    this.#firstSights.note(frame.room, frame.epoch, frame.first, frame.events.length, now);
  }
}

/** When the first of all clients saw an event: it happened before that. */
export class FirstSights {
  readonly #byEpoch = new Map<string, Map<number, number>>();

  note(room: string, epoch: number, first: number, count: number, now: number): void {
    const key = `${epoch} ${room}`;
    const sights = this.#byEpoch.get(key) ?? new Map<number, number>();
    this.#byEpoch.set(key, sights);
    for (let seq = first; seq < first + count; seq++) if (!sights.has(seq)) sights.set(seq, now);
  }

  at(room: string, epoch: number, seq: number): number | undefined {
    return this.#byEpoch.get(`${epoch} ${room}`)?.get(seq);
  }
}
