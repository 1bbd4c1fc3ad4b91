/**
 * A room's outgoing sequence, on its owner: gives out seq, keeps the history, and brings each sealed frame to the
 * sockets here and to the edges. The answers of a turn go out behind its frame.
 *
 * In a `log` room a frame and its answers are held until the log has it (P18). In a `strict` room they are held once the
 * owner's tenure is over, until the room is claimed again. Frames enter the history when sealed: whatever reads the
 * history is answered behind the frames that are held, so nobody sees them early.
 */
import type { NodeKey } from '../cluster/ports.ts';
import { encodeAck, encodeStr } from '../protocol/server-frame.ts';
import { EdgeLink, type Post } from './edge-link.ts';
import type { Flusher } from './flusher.ts';
import { History } from './history.ts';
import type { Outbox } from './outbox.ts';
import type { Position, Publisher, WriteResult } from './ports.ts';
import type { LoadedRoom } from './snapshot.ts';
import type { Tenure } from './tenure.ts';

interface Batch {
  readonly frame: Uint8Array | null;
  readonly first: number;
  readonly last: number;
  readonly answers: readonly (() => void)[];
}

/** Frames of a `log` room that wait for the log; beyond it commands are refused. */
const HELD_BATCHES_MAX = 1024;

export interface FeedOptions {
  readonly room: string;
  readonly self: NodeKey;
  readonly log: boolean;
  readonly historyBytesMax: number;
  readonly tenure: Tenure;
}

export class Feed {
  readonly epoch: number;
  readonly topic: string;
  readonly history: History;
  readonly edges = new Map<NodeKey, EdgeLink>();
  /** As `LoadedRoom` has it. */
  readonly tookOverAt: Position | null;
  readonly #unsettled = new Set<EdgeLink>();
  readonly #options: FeedOptions;
  readonly #roomStr: Uint8Array;
  readonly #publisher: Publisher;
  readonly #post: Post;
  readonly #flusher: Flusher;
  readonly #onFenced: () => void;
  #seq: number;
  #held: Batch[] = [];
  /** The log refuses this room. */
  #refused = false;
  #closed = false;
  /** The log took a frame of ours for another owner's. */
  isFenced = false;

  constructor(
    { position, before, tookOverAt }: Pick<LoadedRoom, 'position' | 'before' | 'tookOverAt'>,
    publisher: Publisher,
    post: Post,
    flusher: Flusher,
    onFenced: () => void,
    options: FeedOptions,
  ) {
    this.epoch = position.epoch;
    this.tookOverAt = tookOverAt;
    this.#seq = position.seq;
    this.topic = `${options.room}#${position.epoch}`;
    this.history = new History(position, options.historyBytesMax, before);
    this.#roomStr = encodeStr(options.room);
    this.#publisher = publisher;
    this.#post = post;
    this.#flusher = flusher;
    this.#onFenced = onFenced;
    this.#options = options;
  }

  get room(): string {
    return this.#options.room;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** seq of the last sealed event. */
  get seq(): number {
    return this.#seq;
  }

  /** Whether the owner may still act for the room. */
  get isTenured(): boolean {
    return this.#options.tenure.holds;
  }

  /** Whether the room can take no command now: its log is away, or its tenure is over. */
  get isHolding(): boolean {
    const { log, tenure } = this.#options;
    if (!tenure.holds) return true;
    return log && (this.#refused || this.#flusher.logStalled || this.#held.length >= HELD_BATCHES_MAX);
  }

  /** Whether frames are sealed that nobody was told yet. */
  get isWaiting(): boolean {
    return this.#held.length > 0;
  }

  edge(node: NodeKey): EdgeLink {
    let edge = this.edges.get(node);
    if (!edge) {
      edge = new EdgeLink(node, this.#options.room, this.#post, this.#unsettled);
      this.edges.set(node, edge);
    }
    return edge;
  }

  /** Seals what the outbox holds; answers the number of events. */
  flush(outbox: Outbox): number {
    if (this.#closed) return 0;
    const first = this.#seq + 1;
    const sealed = outbox.seal(this.#roomStr, this.epoch, first);
    // Without a frame there is nothing to note it with: it waits for the next one.
    const note = sealed || !this.#options.log ? outbox.takeNote() : null;
    const isHeld = (this.#options.log && sealed !== null) || this.#held.length > 0 || !this.isTenured;
    const { seq: told } = this.told;
    let frame: Uint8Array | null = null;
    if (sealed) {
      this.#seq += sealed.count;
      frame = this.history.push(first, this.#seq, sealed.frame, isHeld ? told : this.#seq);
    }
    const batch = { frame, first, last: this.#seq, answers: this.#answers(outbox) };
    if (isHeld) this.#hold(batch, note);
    else this.#deliver(batch);
    return sealed?.count ?? 0;
  }

  /** The log has answered for the oldest held frame. */
  appended(result: WriteResult): void {
    if (this.#closed) return;
    this.#refused = result === 'failed';
    if (result === 'fenced') {
      this.isFenced = true;
      return this.#onFenced();
    }
    if (result === 'failed' || !this.isTenured) return;
    let next = this.#held.shift();
    while (next) {
      this.#deliver(next);
      next = this.#held[0]?.frame === null ? this.#held.shift() : undefined;
    }
    this.history.trim(this.told.seq);
  }

  /** From now on nothing goes out: another node owns the room, or it is over. */
  close(): void {
    this.#closed = true;
    this.#held = [];
  }

  /** As `close`, but what the outbox holds is sealed, and kept beside what waits: the copy may be the room again. */
  suspend(outbox: Outbox): void {
    this.#closed = true;
    const first = this.#seq + 1;
    const { seq: told } = this.told;
    const sealed = outbox.seal(this.#roomStr, this.epoch, first);
    if (!sealed) return;
    this.#seq += sealed.count;
    const frame = this.history.push(first, this.#seq, sealed.frame, told);
    this.#held.push({ frame, first, last: this.#seq, answers: [] });
  }

  /** Where the members stand: what is held nobody was told. */
  get told(): Position {
    const [held] = this.#held;
    return { epoch: this.epoch, seq: held ? held.first - 1 : this.#seq };
  }

  #hold(batch: Batch, note: Uint8Array | null): void {
    this.#held.push(batch);
    if (batch.frame === null || !this.#options.log) return;
    const { room, self } = this.#options;
    const { first, last: seq, frame } = batch;
    const append = { room, owner: self, epoch: this.epoch, first, seq, frame, note };
    this.#flusher.append(append, this);
  }

  /** First all are encoded, while state and seq agree; they are sent when the batch is delivered. */
  #answers(outbox: Outbox): (() => void)[] {
    const answers: (() => void)[] = [];
    // ACKs first: a command may be what ends its sender's membership, and a reply tells that.
    for (const member of outbox.takeAcks()) {
      member.ackDue = false;
      const { link } = member;
      if (!link) continue;
      const frame = encodeAck(this.#options.room, member.cseq);
      answers.push(() => link.send(frame));
    }
    for (const reply of outbox.takeReplies()) {
      const answer = reply();
      if (answer) answers.push(answer);
    }
    return answers;
  }

  #deliver(batch: Batch): void {
    const { frame } = batch;
    if (frame) {
      this.#publisher.publish(this.topic, frame);
      for (const edge of this.edges.values()) edge.frame(this.epoch, batch.first, batch.last, frame);
    }
    for (const answer of batch.answers) answer();
    for (const edge of this.#unsettled) edge.settle();
  }
}
