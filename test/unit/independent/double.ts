/**
 * A small server in one process, on a virtual clock, to try player and verdict against: one node, rooms of relay
 * kind, all by PROTOCOL.md. It makes trouble that the page allows (`trouble`), and can be told to break one rule
 * (`defect`), so that a verdict which never fails would show.
 */
import type { ClientFrame } from '../../support/independent/client-frames.ts';
import type { RoomEvent, RosterRow, ServerFrame } from '../../support/independent/frames.ts';
import type { Link, LinkEvents, OpenLink } from '../../support/independent/link.ts';
import { newRng, type Rng } from '../../support/independent/rng.ts';

export type Defect =
  | 'none'
  | 'applies-resent-commands-again'
  | 'acks-without-applying'
  | 'hole-without-position'
  | 'one-member-sees-other-bytes'
  | 'applies-refused-commands'
  | 'new-number-after-reconnect'
  | 'replay-starts-late'
  | 'snapshot-misses-a-key'
  | 'repeats-old-frames';

interface Member {
  readonly me: number;
  cseq: number;
}

interface Room {
  readonly name: string;
  readonly epoch: number;
  readonly history: RoomEvent[];
  readonly members: Map<string, Member>;
  readonly roster: Map<number, RosterRow>;
  readonly state: Map<string, Uint8Array>;
  readonly joined: Set<Wire>;
  lastMember: number;
}

interface Wire {
  readonly events: LinkEvents;
  sid: string;
  isOpen: boolean;
}

/** Far above what a run takes: more means that client and server send each other in circles. */
const stepsMax = 100_000;

const delayMs = { min: 1, spread: 20 };

export class Double {
  readonly open: OpenLink;
  readonly schedule: (afterMs: number, run: () => void) => () => void;
  /** How often the allowed trouble happens, 0..1: lost frames, refusals that ask to try again. */
  readonly trouble: number;
  /** Whether it refuses commands for good now and then. */
  readonly #refuses: boolean;
  readonly #defect: Defect;
  readonly #rng: Rng;
  readonly #rooms = new Map<string, Room>();
  #tasks: { at: number; order: number; run: () => void }[] = [];
  #now = 0;
  #order = 0;
  #lastSid = 0;
  #wasDefect = false;

  constructor(options: { seed: number; trouble: number; refuses: boolean; defect?: Defect }) {
    this.#rng = newRng(options.seed);
    this.trouble = options.trouble;
    this.#refuses = options.refuses;
    this.#defect = options.defect ?? 'none';
    this.schedule = (afterMs, run) => this.#later(afterMs, run);
    this.open = (_url, events) => this.#accept(events);
  }

  /** Runs all that is due until nothing is left. */
  run(): void {
    for (let step = 0; step < stepsMax; step++) {
      this.#tasks.sort((a, b) => a.at - b.at || a.order - b.order);
      const task = this.#tasks.shift();
      if (task === undefined) return;
      this.#now = task.at;
      task.run();
    }
    throw new Error(`still busy after ${stepsMax} steps`);
  }

  /** Takes the room from its members and gives it back by SYNC: P14. */
  syncAll(name: string): void {
    const room = this.#room(name);
    for (const wire of room.joined) {
      const member = this.#member(room, wire);
      this.#tell(wire, {
        ...this.#snapshot(room),
        op: 'sync',
        room: name,
        me: member.me,
        cseq: member.cseq,
        reason: 'owner',
      });
    }
  }

  #later(afterMs: number, run: () => void): () => void {
    const task = { at: this.#now + afterMs, order: this.#order++, run };
    this.#tasks.push(task);
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== task);
    };
  }

  /** TCP keeps the order, so each direction of a wire has its own last arrival. */
  #accept(events: LinkEvents): Link {
    const wire: Wire = { events, sid: '', isOpen: true };
    let arrivesAt = 0;
    let isConnecting = true;
    this.#later(1, () => {
      isConnecting = false;
      if (wire.isOpen) events.opened();
    });
    return {
      write: (frame) => {
        if (isConnecting) throw new Error('written to before it was open');
        arrivesAt = Math.max(arrivesAt, this.#now + delayMs.min + this.#rng() * delayMs.spread);
        this.#later(arrivesAt - this.#now, () => wire.isOpen && this.#take(wire, frame));
      },
      cut: () => {
        wire.isOpen = false;
        for (const room of this.#rooms.values()) room.joined.delete(wire);
      },
      pause: () => {},
      resume: () => {},
    };
  }

  #tell(wire: Wire, frame: ServerFrame): void {
    this.#later(delayMs.min, () => wire.isOpen && wire.events.frame(frame));
  }

  #take(wire: Wire, frame: ClientFrame): void {
    const [op, second, third, fourth, fifth] = frame;
    if (op === 1) {
      wire.sid = (fourth as string | null) ?? `s${++this.#lastSid}`;
      this.#tell(wire, { op: 'welcome', sid: wire.sid, resume: wire.sid, node: 'double', limits: new Map() });
    }
    if (op === 2) this.#join(wire, second as number, this.#room(third as string), fourth as [number, number] | null);
    if (op === 4) {
      const payload = fourth as Uint8Array;
      this.#command(wire, this.#room(second as string), third as number, (head) => ({
        kind: 'message',
        ...head,
        payload,
      }));
    }
    if (op === 5) {
      const set = new Map(Object.entries(fourth as Record<string, Uint8Array>));
      const del = fifth as string[];
      this.#command(wire, this.#room(second as string), third as number, (head) => ({
        kind: 'changed',
        ...head,
        set,
        del,
      }));
    }
  }

  #join(wire: Wire, req: number, room: Room, since: [number, number] | null): void {
    const isNew = !room.members.has(wire.sid);
    const isBack = !isNew && this.#defect === 'new-number-after-reconnect' && this.#once();
    if (isBack) room.members.delete(wire.sid);
    const member = this.#member(room, wire);
    if (isNew || isBack) {
      this.#append(room, { kind: 'joined', member: member.me, user: `guest:${wire.sid}`, meta: null });
    }
    const head = { op: 'joined', req, room: room.name, me: member.me, cseq: member.cseq } as const;
    const isRemembered = since !== null && since[0] === room.epoch && this.#rng() >= this.trouble / 4;
    if (!isRemembered) {
      this.#tell(wire, { ...head, ...this.#snapshot(room) });
      room.joined.add(wire);
      return;
    }
    const seq = room.history.length;
    this.#tell(wire, { ...head, epoch: room.epoch, seq, roster: null, state: null });
    let first = since[1] + 1;
    if (first < seq && this.#defect === 'replay-starts-late' && this.#once()) first++;
    const events = room.history.slice(first - 1);
    if (events.length > 0) this.#tell(wire, { op: 'events', room: room.name, epoch: room.epoch, first, events });
    room.joined.add(wire);
  }

  #command(wire: Wire, room: Room, cseq: number, make: (head: { member: number; cseq: number }) => RoomEvent): void {
    if (!room.joined.has(wire)) return;
    const member = this.#member(room, wire);
    const no = (code: string, retry: boolean, expected: number) =>
      this.#tell(wire, { op: 'error', code, message: code, retry, req: null, room: room.name, cseq: expected });
    const isResent = cseq <= member.cseq;
    if (isResent && !(this.#defect === 'applies-resent-commands-again' && this.#once())) {
      this.#tell(wire, { op: 'ack', room: room.name, cseq: member.cseq });
      return;
    }
    const isTooFar = cseq > member.cseq + 1;
    if (isTooFar || this.#rng() < this.trouble / 2) {
      no(isTooFar ? 'out-of-order' : 'rate-limited', true, isTooFar ? member.cseq + 1 : cseq);
      return;
    }
    member.cseq = Math.max(member.cseq, cseq);
    const isRefused = this.#refuses && this.#rng() < this.trouble / 4;
    if (isRefused) no('forbidden', false, cseq);
    if (isRefused && this.#defect !== 'applies-refused-commands') return;
    if (this.#defect === 'acks-without-applying' && this.#once()) {
      this.#tell(wire, { op: 'ack', room: room.name, cseq });
      return;
    }
    this.#append(room, make({ member: member.me, cseq }));
  }

  #append(room: Room, event: RoomEvent): void {
    room.history.push(event);
    const seq = room.history.length;
    if (event.kind === 'joined') {
      room.roster.set(event.member, { member: event.member, user: event.user, status: 1, meta: event.meta });
    }
    if (event.kind === 'changed') {
      for (const [key, value] of event.set) room.state.set(key, value);
      for (const key of event.del) room.state.delete(key);
    }
    const frame = { op: 'events', room: room.name, epoch: room.epoch } as const;
    for (const wire of room.joined) {
      if (this.#rng() < this.trouble / 4) {
        const isSilent = this.#defect === 'hole-without-position';
        if (!isSilent) this.#tell(wire, { op: 'position', room: room.name, epoch: room.epoch, seq });
        continue;
      }
      const isBent = event.kind === 'message' && this.#defect === 'one-member-sees-other-bytes' && this.#once();
      const seen = isBent ? { ...event, payload: new Uint8Array([1]) } : event;
      this.#tell(wire, { ...frame, first: seq, events: [seen] });
      const isRepeated = seq > 8 && this.#defect === 'repeats-old-frames' && this.#once();
      if (isRepeated) this.#tell(wire, { ...frame, first: seq - 1, events: room.history.slice(seq - 2, seq - 1) });
    }
  }

  #snapshot(room: Room) {
    const state = new Map(room.state);
    const [key] = state.keys();
    if (key !== undefined && this.#defect === 'snapshot-misses-a-key' && this.#once()) state.delete(key);
    return { epoch: room.epoch, seq: room.history.length, roster: [...room.roster.values()], state };
  }

  #room(name: string): Room {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    const room: Room = {
      name,
      epoch: 1_763_673_600_123,
      history: [],
      members: new Map(),
      roster: new Map(),
      state: new Map(),
      joined: new Set(),
      lastMember: 0,
    };
    this.#rooms.set(name, room);
    return room;
  }

  #member(room: Room, wire: Wire): Member {
    const known = room.members.get(wire.sid);
    if (known !== undefined) return known;
    const member = { me: ++room.lastMember, cseq: 0 };
    room.members.set(wire.sid, member);
    return member;
  }

  /** A planted defect happens a single time: the verdict has to find even that. */
  #once(): boolean {
    if (this.#wasDefect) return false;
    this.#wasDefect = true;
    return true;
  }
}
