/**
 * One room as a correct client keeps it: pure, frames in, actions out. The shell (player.ts) owns socket and time.
 *
 * Rules: overlaps ignored (P12), holes answered by JOIN with since (P13), SYNC replaces all (P14), what counts as
 * done (P15), sending again from the cseq that the server names (P16), dropping, renumbering and sending again
 * after JOINED and SYNC (P17). Commands go out through a window, so that going back costs at most that many.
 */
import { type ClientFrame, joinFrame, sendFrame, setFrame } from './client-frames.ts';
import type { ErrorFrame, Events, Joined, Position, RoomEvent, RosterRow, ServerFrame, Sync } from './frames.ts';
import type { Command, Outcome, RoomLedger } from './ledger.ts';

export type Action =
  | { readonly do: 'write'; readonly frame: ClientFrame }
  | { readonly do: 'join-later'; readonly afterMs: number }
  | { readonly do: 'resend-later'; readonly afterMs: number };

interface Pending {
  readonly command: Command;
  cseq: number;
  written: boolean;
}

interface Asked {
  readonly req: number;
  readonly since: Position | null;
}

/** Guesses that suit a test: long enough for a token bucket to refill a little, short enough not to slow it down. */
const retryAfterMs = { 'rate-limited': 250, 'out-of-order': 20, other: 150 };

export class Replica {
  readonly room: string;
  readonly roster = new Map<number, RosterRow>();
  readonly state = new Map<string, Uint8Array>();
  readonly #ledger: RoomLedger;
  readonly #meta: Uint8Array | null;
  readonly #window: number;
  readonly #pending: Pending[] = [];
  #position: Position | null = null;
  /** The newest epoch that JOINED or SYNC named: events of an epoch nobody named are a hole. */
  #epochNamed = 0;
  #me = 0;
  #lastCseq = 0;
  #link = 0;
  #isJoined = false;
  #asked: Asked | null = null;
  #resendPlanned = false;
  #isOver = false;

  constructor(ledger: RoomLedger, options: { meta?: Uint8Array; window?: number } = {}) {
    this.room = ledger.room;
    this.#ledger = ledger;
    this.#meta = options.meta ?? null;
    this.#window = options.window ?? 32;
  }

  get position(): Position | null {
    return this.#position;
  }

  get me(): number {
    return this.#me;
  }

  get openCommands(): number {
    return this.#pending.length;
  }

  /** Joined, in step, and nothing of its own undone. */
  get isSettled(): boolean {
    return this.#isOver || (this.#isJoined && this.#asked === null && this.#pending.length === 0);
  }

  /** The connection is gone: commands wait for the JOINED of the next one. */
  disconnected(): void {
    this.#isJoined = false;
    this.#resendPlanned = false;
    this.#asked = null;
  }

  /** A new connection begins: the first frame for this room on it is JOIN. */
  connected(link: number, req: number): Action[] {
    this.disconnected();
    this.#link = link;
    return this.#isOver ? [] : this.join(req);
  }

  join(req: number): Action[] {
    if (this.#asked !== null) return [];
    this.#asked = { req, since: this.#position };
    return [{ do: 'write', frame: joinFrame(req, this.room, this.#position, this.#meta) }];
  }

  queue(command: Command): Action[] {
    this.#ledger.commands.set(command.id, 'open');
    this.#pending.push({ command, cseq: ++this.#lastCseq, written: false });
    return this.#flush();
  }

  resend(): Action[] {
    this.#resendPlanned = false;
    return this.#flush();
  }

  left(): void {
    this.#isOver = true;
    this.#ledger.status = 'out';
  }

  /** `nextReq` is used where the frame makes this client ask again. */
  handle(frame: ServerFrame, nextReq: () => number): Action[] {
    switch (frame.op) {
      case 'joined':
        return this.#joined(frame);
      case 'sync':
        return this.#synced(frame);
      case 'events':
        return this.#events(frame, nextReq);
      case 'position':
        this.#note({ what: 'position', link: this.#link, epoch: frame.epoch, seq: frame.seq });
        return this.#isBehind(frame) ? this.#catchUp(nextReq) : [];
      case 'ack':
        return this.#finish((pending) => pending.cseq <= frame.cseq, 'passed');
      case 'error':
        return this.#refused(frame);
      case 'closed':
        this.left();
        return [];
      default:
        return [];
    }
  }

  #joined(frame: Joined): Action[] {
    const asked = this.#asked;
    if (asked === null || asked.req !== frame.req) {
      this.#ledger.faults.push(`JOINED for the request ${frame.req}, which is not open`);
      return [];
    }
    this.#asked = null;
    this.#isJoined = true;
    this.#ledger.status = 'in';
    const { epoch, seq, me, cseq, roster, state } = frame;
    if (roster !== null && state !== null) {
      this.#note({ what: 'jump', link: this.#link, cause: 'joined', epoch, seq, me, cseq, roster, state });
      this.#replace(frame, roster, state);
    } else if (asked.since === null) {
      this.#ledger.faults.push('JOINED without a snapshot, and the JOIN had no since');
    } else {
      this.#note({ what: 'resumed', link: this.#link, since: asked.since, epoch, seq, me, cseq });
      // Nothing to replay: then the new epoch begins where this client stands.
      if (this.#position?.seq === seq) this.#position = { epoch, seq };
    }
    return this.#takeOver(frame);
  }

  #synced(frame: Sync): Action[] {
    const { epoch, seq, me, cseq, roster, state, reason } = frame;
    this.#note({ what: 'jump', link: this.#link, cause: reason, epoch, seq, me, cseq, roster, state });
    this.#replace(frame, roster, state);
    return this.#takeOver(frame);
  }

  #replace(to: Position, roster: readonly RosterRow[], state: ReadonlyMap<string, Uint8Array>): void {
    this.#position = { epoch: to.epoch, seq: to.seq };
    this.roster.clear();
    for (const row of roster) this.roster.set(row.member, row);
    this.state.clear();
    for (const [key, value] of state) this.state.set(key, value);
  }

  /** P17. */
  #takeOver(frame: Joined | Sync): Action[] {
    this.#me = frame.me;
    this.#epochNamed = Math.max(this.#epochNamed, frame.epoch);
    this.#drop((pending) => pending.cseq <= frame.cseq, 'passed');
    this.#lastCseq = frame.cseq;
    for (const pending of this.#pending) {
      pending.cseq = ++this.#lastCseq;
      pending.written = false;
    }
    this.#resendPlanned = false;
    return this.#flush();
  }

  #events(frame: Events, nextReq: () => number): Action[] {
    this.#note({ what: 'events', link: this.#link, epoch: frame.epoch, first: frame.first, events: frame.events });
    if (this.#position === null) {
      this.#ledger.faults.push('EVENTS before the first JOINED');
      return [];
    }
    if (frame.epoch < this.#position.epoch) return [];
    if (frame.epoch > this.#epochNamed || frame.first > this.#position.seq + 1) return this.#catchUp(nextReq);
    const actions: Action[] = [];
    for (const [i, event] of frame.events.entries()) {
      const seq = frame.first + i;
      if (seq <= this.#position.seq) continue;
      this.#position = { epoch: frame.epoch, seq };
      this.#apply(event);
      if ((event.kind === 'message' || event.kind === 'changed') && event.member === this.#me) {
        actions.push(...this.#finish((pending) => pending.cseq === event.cseq, 'seen'));
      }
    }
    return actions;
  }

  #apply(event: RoomEvent): void {
    switch (event.kind) {
      case 'message':
        return;
      case 'joined':
        this.roster.set(event.member, { member: event.member, user: event.user, status: 1, meta: event.meta });
        return;
      case 'left':
        this.roster.delete(event.member);
        return;
      case 'changed':
        for (const [key, value] of event.set) this.state.set(key, value);
        for (const key of event.del) this.state.delete(key);
        return;
      case 'status': {
        const row = this.roster.get(event.member);
        if (row !== undefined) this.roster.set(event.member, { ...row, status: event.status });
      }
    }
  }

  #isBehind(there: Position): boolean {
    const here = this.#position;
    return here === null || there.epoch > here.epoch || (there.epoch === here.epoch && there.seq > here.seq);
  }

  #catchUp(nextReq: () => number): Action[] {
    return this.#isJoined ? this.join(nextReq()) : [];
  }

  #refused(frame: ErrorFrame): Action[] {
    if (frame.req !== null && frame.req === this.#asked?.req) {
      this.#asked = null;
      if (frame.retry) return [{ do: 'join-later', afterMs: retryAfterMs.other }];
      this.#ledger.faults.push(`JOIN refused: ${frame.code} ${frame.message}`);
      this.left();
      return [];
    }
    if (frame.cseq === null) return [];
    const cseq = frame.cseq;
    if (!frame.retry) {
      this.#drop((pending) => pending.cseq === cseq, 'refused');
      return this.#flush();
    }
    const again = this.#pending.filter((pending) => pending.cseq >= cseq && pending.written);
    if (again.length === 0 || !this.#isJoined) return [];
    for (const pending of again) pending.written = false;
    if (this.#resendPlanned) return [];
    this.#resendPlanned = true;
    const { code } = frame;
    const afterMs = code === 'rate-limited' || code === 'out-of-order' ? retryAfterMs[code] : retryAfterMs.other;
    return [{ do: 'resend-later', afterMs }];
  }

  #finish(isDone: (pending: Pending) => boolean, outcome: Outcome): Action[] {
    this.#drop(isDone, outcome);
    return this.#flush();
  }

  #drop(which: (pending: Pending) => boolean, outcome: Outcome): void {
    for (const pending of this.#pending.filter(which)) {
      this.#pending.splice(this.#pending.indexOf(pending), 1);
      this.#ledger.commands.set(pending.command.id, outcome);
    }
  }

  #flush(): Action[] {
    if (!this.#isJoined || this.#asked !== null || this.#resendPlanned) return [];
    const actions: Action[] = [];
    for (const pending of this.#pending.slice(0, this.#window)) {
      if (pending.written) continue;
      pending.written = true;
      actions.push({ do: 'write', frame: this.#encode(pending) });
    }
    return actions;
  }

  #encode({ command, cseq }: Pending): ClientFrame {
    const { body } = command;
    if (body.kind === 'send') return sendFrame(this.room, cseq, body.payload);
    return setFrame(this.room, cseq, body.set, body.del);
  }

  #note(entry: RoomLedger['entries'][number]): void {
    this.#ledger.entries.push(entry);
  }
}
