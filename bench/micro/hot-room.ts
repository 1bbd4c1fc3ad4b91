import type { Clock } from '../../src/base/clock.ts';
import { Counters } from '../../src/base/counters.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { seededRng } from '../../src/base/rng.ts';
import { ClientFrame, readClientFrame } from '../../src/protocol/client-frame.ts';
import { encodeSend } from '../../src/protocol/client-writer.ts';
import { relayType } from '../../src/room/definition.ts';
import { Flusher } from '../../src/room/flusher.ts';
import type { MemberLink } from '../../src/room/member-link.ts';
import { Owner } from '../../src/room/owner.ts';
import type { SessionIdentity } from '../../src/room/ports.ts';
import { Roster } from '../../src/room/roster.ts';
import { Snapshotter } from '../../src/room/snapshotter.ts';
import { RoomState } from '../../src/room/state.ts';

const ROOM = 'bench:1';
const SELF = 'bench:1';
const EPOCH = 1_763_673_600_123;
const HISTORY_BYTES = 131_072;
/** No store is asked: see the clock. */
const NEVER = new Promise<never>(() => {});

/**
 * A room on its owner as a node has it, without sockets: a member's SEND is read, accepted and put into the outbox, and
 * flushes seal a frame, keep it in the history and publish it. The turns of the event loop come when told to.
 */
export class HotRoom {
  readonly members: number;
  /** Frames and bytes that went out, so that nothing of it is optimised away. */
  frames = 0;
  bytes = 0;
  readonly #owner: Owner;
  readonly #links: SilentLink[] = [];
  readonly #sends: Uint8Array[] = [];
  readonly #read = new ClientFrame();
  #soon: (() => void) | null = null;
  #cseq = 1;
  #next = 0;

  constructor(members: number, payloadBytes: number) {
    this.members = members;
    this.#owner = this.#newOwner();
    for (let number = 1; number <= members; number++) {
      const link = new SilentLink(number);
      this.#links.push(link);
      this.#owner.join(link, { req: 1, room: ROOM, since: null, meta: null });
      // A cseq of 32 bits, overwritten in place: it stays as long as it is.
      this.#sends.push(encodeSend(ROOM, CSEQ_OF_FOUR_BYTES, new Uint8Array(payloadBytes)));
    }
    this.flush();
  }

  /** The next member says something. */
  command(): void {
    const bytes = this.#sends[this.#next] as Uint8Array;
    const link = this.#links[this.#next] as SilentLink;
    writeUint32(bytes, CSEQ_AT, this.#cseq);
    const read = this.#read;
    readClientFrame(bytes, read);
    this.#owner.commands.message(link, read.cseq, bytes, read.bodyStart, read.bodyEnd);
    if (++this.#next < this.members) return;
    this.#next = 0;
    this.#cseq++;
  }

  /** The turn ends. */
  flush(): void {
    const soon = this.#soon;
    this.#soon = null;
    soon?.();
  }

  #newOwner(): Owner {
    const clock = this.#clock();
    const counters = new Counters();
    const options = { debounceMs: 200, latestMs: 1000, ttlActiveMs: 3_600_000, ttlWaitingMs: 1_800_000 };
    const rng = seededRng(1);
    const snapshotter = new Snapshotter(SELF, { commit: () => NEVER }, clock, rng, silentLogger, counters, options);
    const pace = { intervalMs: () => 0 };
    const flusher = new Flusher(clock, rng, silentLogger, counters, { append: () => NEVER }, () => {}, pace);
    const publish = (_topic: string, frame: Uint8Array): void => {
      this.frames++;
      this.bytes += frame.length;
    };
    const owner = new Owner(
      ROOM,
      relayType('bench', 'snapshot', 30_000),
      {
        position: { epoch: EPOCH, seq: 0 },
        before: null,
        tookOverAt: null,
        state: new RoomState(),
        roster: new Roster(1),
        revisions: { last: 0, base: 0 },
        closing: null,
        tenure: { holds: true },
      },
      {
        self: SELF,
        clock,
        log: silentLogger,
        counters,
        publisher: { publish },
        post: { post() {} },
        flusher,
        snapshotter,
        lease: { term: 1, holds: () => true },
        options: { stateBytesMax: 1_048_576, historyBytesMax: HISTORY_BYTES },
      },
      { onFenced() {}, onOutdated() {}, onOccupied() {}, onAway() {}, onClosed() {} },
    );
    snapshotter.track(owner);
    return owner;
  }

  /** Stands still: what waits for a time, snapshots among it, never runs. */
  #clock(): Clock {
    const timer = { cancel() {} };
    return {
      now: () => 0,
      wall: () => 0,
      after: () => timer,
      every: () => timer,
      soon: (task) => {
        this.#soon = task;
      },
    };
  }
}

const CSEQ_OF_FOUR_BYTES = 0x10000;
/** Behind array, opcode, the room's name with its header, and the tag of the number. */
const CSEQ_AT = 1 + 1 + (1 + ROOM.length) + 1;

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** A connection that nobody listens at. */
class SilentLink implements MemberLink {
  member = 0;
  readonly session: SessionIdentity;

  constructor(number: number) {
    this.session = { sid: `s${number}`, user: `guest:${number}`, generation: 1 };
  }

  send(): void {}
  joined(): void {}
  synced(): void {}
  left(): void {}
  refused(): void {}
  replaced(): void {}

  asks(): boolean {
    return false;
  }
}
