import { encodeHello, encodeJoin, encodeSet, type Since } from '../../src/protocol/client-writer.ts';
import { readServerFrame, type ServerFrame } from '../../src/protocol/server-reader.ts';
import { SENT_AT } from './payload.ts';

/**
 * A member that only reads, and heals what it missed as PROTOCOL.md says (P13): what the swarm's reader that stops knows.
 * It does no more than one room needs, and tells how it got back after it had stopped.
 */
export type Got =
  /** Nothing was dropped: what waited was below the limit, or in the kernel. */
  | 'everything'
  /** POSITION, and the missing events from the history (P7). */
  | 'catch-up'
  /** POSITION, and the room as it is (P6). */
  | 'snapshot'
  /** Close code 4001 (P20), and the room after a reconnect. */
  | 'closed 4001'
  /** Any other end, and the room after a reconnect. */
  | 'cut';

export interface Outcome {
  readonly got: Got;
  /** From the moment when it read again. */
  readonly afterMs: number;
}

const STATE_VALUE_BYTES = 16 * 1024;
const TOO_SLOW = 4001;

export class SlowClient {
  /** How it got back; null while it has not, or did not stop. */
  outcome: Outcome | null = null;
  joined = false;
  readonly #room: string;
  readonly #say: (body: Uint8Array) => void;
  #resume: string | null = null;
  #at: Since | null = null;
  #req = 0;
  /** A JOIN is under way: events are not what follows next. */
  #isBehind = true;
  #readFrom: { readonly ms: number; readonly us: number } | null = null;
  #ended: Got | null = null;

  /** `say` sends one frame. */
  constructor(room: string, say: (body: Uint8Array) => void) {
    this.#room = room;
    this.#say = say;
  }

  /** The socket is upgraded. */
  opened(): void {
    this.#isBehind = true;
    this.#say(encodeHello(null, this.#resume));
    this.#join();
  }

  /** Fills the room's state, so that a snapshot is as large as one. Its first commands; once. */
  fill(bytes: number): void {
    for (let cseq = 1; bytes > 0; cseq++, bytes -= STATE_VALUE_BYTES) {
      const value = new Uint8Array(Math.min(bytes, STATE_VALUE_BYTES));
      this.#say(encodeSet(this.#room, cseq, new Map([[`state:${cseq}`, value]]), []));
    }
  }

  /** It reads again. `nowUs` is on the scale of the stamps in payloads. */
  readsOn(nowMs: number, nowUs: number): void {
    this.outcome = null;
    this.#ended = null;
    this.#readFrom = { ms: nowMs, us: nowUs };
  }

  /** The socket is over; `code` null without a close frame. */
  closed(code: number | null): void {
    this.joined = false;
    this.#ended = code === TOO_SLOW ? 'closed 4001' : 'cut';
  }

  message(bytes: Uint8Array, nowMs: number): void {
    const frame = readServerFrame(bytes);
    switch (frame.op) {
      case 'welcome':
        this.#resume = frame.resume;
        return;
      case 'joined':
        this.#joined(frame, nowMs);
        return;
      case 'events':
        this.#events(frame, nowMs);
        return;
      case 'position':
        if (this.#at === null || frame.epoch !== this.#at.epoch || frame.seq > this.#at.seq) this.#catchUp();
        return;
      case 'sync':
        this.#at = { epoch: frame.epoch, seq: frame.seq };
        return;
      case 'error':
        throw new Error(`ERROR from the server: ${frame.code} ${frame.message}`);
      default: // LEFT, ACK, PONG, DIRECT, GOAWAY and CLOSED bring nothing here
    }
  }

  #joined({ epoch, seq, state }: ServerFrame & { op: 'joined' }, nowMs: number): void {
    this.#isBehind = false;
    this.joined = true;
    this.#at = { epoch, seq };
    this.#back(this.#ended ?? (state === null ? 'catch-up' : 'snapshot'), nowMs);
  }

  #events({ epoch, first, events }: ServerFrame & { op: 'events' }, nowMs: number): void {
    const at = this.#at;
    if (this.#isBehind || at === null) return;
    if (epoch !== at.epoch || first > at.seq + 1) return this.#catchUp();
    this.#at = { epoch, seq: Math.max(at.seq, first + events.length - 1) };
    const from = this.#readFrom;
    if (from === null) return;
    // The newest event was sent after it began to read on: it has all before it.
    const last = events.at(-1);
    if (last?.kind === 'message' && sentUs(last.payload) >= from.us) this.#back('everything', nowMs);
  }

  #catchUp(): void {
    if (this.#isBehind) return;
    this.#isBehind = true;
    this.#join();
  }

  #join(): void {
    this.#say(encodeJoin(++this.#req, this.#room, this.#at, null));
  }

  #back(got: Got, nowMs: number): void {
    if (this.#readFrom === null) return;
    this.outcome = { got, afterMs: nowMs - this.#readFrom.ms };
    this.#readFrom = null;
  }
}

function sentUs(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getUint32(SENT_AT);
}
