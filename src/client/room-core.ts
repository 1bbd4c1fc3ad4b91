/**
 * One room of one client: joins, and joins again after each reconnect; follows its events and asks for what it misses;
 * gets every command done once. Payloads are bytes here; `Room` puts the typed API on top. Rules P6-P9 and P12-P17.
 */
import { unreachable } from '../base/assert.ts';
import { encodeJoin, encodeLeave } from '../protocol/client-writer.ts';
import { LEFT_REASON } from '../protocol/op.ts';
import type {
  ErrorFrame,
  EventsFrame,
  JoinedFrame,
  ServerEvent,
  ServerFrame,
  SyncFrame,
} from '../protocol/server-reader.ts';
import type { Command } from './command.ts';
import { Leaving } from './leaving.ts';
import type { Link } from './link.ts';
import type { RoomObserver, SnapshotKind } from './observer.ts';
import { Request } from './request.ts';
import { type AttachedBy, RoomCommands } from './room-commands.ts';
import { type Member, RoomView, type Snapshot } from './room-view.ts';
import { clientError, RoomcastError } from './roomcast-error.ts';
import { quiet, settled } from './settled.ts';

/** After that many catch-ups in a row that brought no event, a snapshot is asked for. */
const CATCH_UPS_MAX = 4;

export type RoomFrame = Exclude<ServerFrame, { op: 'welcome' | 'pong' | 'goaway' }>;

/** joining: before the first JOINED. over: left, closed, refused, or the client was closed. */
type Phase = 'joining' | 'joined' | 'leaving' | 'over';

export class RoomCore {
  readonly name: string;
  readonly #link: Link;
  readonly #observer: RoomObserver;
  readonly #onOver: () => void;
  readonly #view = new RoomView();
  readonly #commands: RoomCommands;
  readonly #join: Request;
  readonly #leaving: Leaving;
  readonly #joined = settled();
  #phase: Phase = 'joining';
  /** JOINED came on this connection: events follow, commands may go. */
  #attached = false;
  /** In a row, without anything new in between: the first goes out at once, the next ones wait ever longer. */
  #catchUps = 0;

  constructor(name: string, meta: Uint8Array | null, link: Link, observer: RoomObserver, onOver: () => void) {
    this.name = name;
    this.#link = link;
    this.#observer = observer;
    this.#onOver = onOver;
    this.#commands = new RoomCommands(link, name, {
      onDone: (command, error, cseq) => this.#onDone(command, error, cseq),
      onStuck: () => this.#join.ask(true),
      holds: () => this.#join.isUnanswered,
    });
    const encode = (req: number): Uint8Array => {
      const { known, epoch, seq } = this.#view;
      return encodeJoin(req, name, known && this.#catchUps <= CATCH_UPS_MAX ? { epoch, seq } : null, meta);
    };
    this.#join = new Request(link, encode);
    this.#leaving = new Leaving(
      link,
      (req) => encodeLeave(req, name),
      () => this.#join.end(),
    );
  }

  /** Resolves at the first JOINED; rejects when the room refuses, or is left before. */
  get joined(): Promise<void> {
    return this.#joined.promise;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** The own member number; 0 before the first JOINED. */
  get me(): number {
    return this.#commands.me;
  }

  get epoch(): number {
    return this.#view.epoch;
  }

  /** The last event seen. */
  get seq(): number {
    return this.#view.seq;
  }

  get attached(): boolean {
    return this.#attached;
  }

  /** Commands whose end is not known yet. */
  get undone(): number {
    return this.#commands.undone;
  }

  /** The maps are replaced by each snapshot: do not hold them. */
  get roster(): ReadonlyMap<number, Member> {
    return this.#view.roster;
  }

  get state(): ReadonlyMap<string, Uint8Array> {
    return this.#view.state;
  }

  /** Resolves when the message is done (P15). The bytes must not change until then. */
  sendRaw(payload: Uint8Array): Promise<void> {
    return this.#command({ kind: 'send', payload });
  }

  /** Resolves when the change is done. First `set`, then `del`. */
  setRaw(set: ReadonlyMap<string, Uint8Array>, del: readonly string[] = []): Promise<void> {
    return this.#command({ kind: 'set', set, del });
  }

  /** Leaves when the commands given so far are done, or after 5 s. Without a connection at once: the grace time ends it. */
  leave(): Promise<void> {
    if (this.#phase === 'joining' || this.#phase === 'joined') {
      this.#phase = 'leaving';
      if (!this.#link.open) this.end(clientError('left'));
      else this.#leaving.start(this.#attached && this.undone > 0);
    }
    return this.#leaving.over;
  }

  /** There is a connection (again). */
  onOpen(sameSession: boolean): void {
    if (!sameSession) this.#view.known = false; // P5: the new session has seen nothing
    this.#join.stop();
    this.#join.ask();
  }

  onLost(): void {
    this.#detach();
    this.#join.stop();
    if (this.#phase === 'leaving') this.end(clientError('left'));
  }

  onFrame(frame: RoomFrame): void {
    switch (frame.op) {
      case 'joined':
        this.#onJoined(frame);
        return;
      case 'sync':
        this.#onSync(frame);
        return;
      case 'events':
        this.#onEvents(frame);
        return;
      case 'position':
        if (!this.#attached) this.#join.lost();
        else if (this.#view.isBehind(frame.epoch, frame.seq)) this.#catchUp();
        return;
      case 'ack':
        if (this.#attached) this.#commands.ack(frame.cseq);
        return;
      case 'error':
        this.#onError(frame);
        return;
      case 'direct':
        this.#observer.onDirect?.(frame.member, frame.payload);
        return;
      case 'left':
        if (this.#leaving.answered(frame.req)) this.end(clientError('left'));
        return;
      case 'closed':
        this.end(new RoomcastError('room-closed', frame.reason));
        return;
      default:
        unreachable(frame);
    }
  }

  /** The room object is over; whatever waits for it ends with `error`. */
  end(error: RoomcastError): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#detach();
    this.#join.stop();
    this.#leaving.stop();
    this.#onOver();
    this.#commands.end(error);
    this.#joined.settle(error);
    this.#observer.onOver?.(error);
  }

  #command(command: Command): Promise<void> {
    if (this.#phase === 'joining' || this.#phase === 'joined') return this.#commands.add(command);
    return quiet(Promise.reject(clientError('left', this.name)));
  }

  #onJoined(frame: JoinedFrame): void {
    const which = this.#join.answered(frame.req);
    if (which === null) return; // it came twice, or for a room joined before under this name
    const view = this.#view;
    const { epoch, seq, me, cseq, roster, state } = frame;
    if (roster !== null && state !== null) {
      if (this.#attached && view.goesBack(epoch, seq)) return this.#catchUp(); // a SYNC has overtaken it
      this.#replace('joined', { epoch, seq, roster, state }, me, cseq, which);
    } else {
      // Within an epoch, a repeated request may be answered from before what came since. Across epochs only `seq` is the same.
      const fits = epoch === view.epoch ? seq <= view.seq : epoch > view.epoch && seq === view.seq;
      if (!view.known || !fits) return this.#catchUp();
      view.epoch = epoch;
      this.#attach(epoch, me, cseq, which);
      this.#observer.onResumed?.(epoch, seq, me, cseq);
    }
  }

  #onSync(frame: SyncFrame): void {
    const { epoch, seq, me, cseq, roster, state, reason } = frame;
    if (this.#attached && this.#view.goesBack(epoch, seq)) return; // it came late, or twice
    // A catch-up on its way is still answered, and then counts; one that was not sent yet is needless now.
    this.#join.needless();
    this.#replace(reason, { epoch, seq, roster, state }, me, cseq, 'sync');
  }

  #replace(kind: SnapshotKind, snapshot: Snapshot, me: number, cseq: number, by: AttachedBy): void {
    // Not 0: where each snapshot is followed by the next complaint, the JOINs must still slow down.
    this.#catchUps = Math.min(1, this.#catchUps);
    this.#view.replace(snapshot);
    this.#attach(snapshot.epoch, me, cseq, by);
    this.#observer.onSnapshot?.(kind, snapshot, me, cseq);
  }

  #attach(epoch: number, me: number, cseq: number, by: AttachedBy): void {
    this.#attached = true;
    if (this.#phase === 'joining') this.#phase = 'joined';
    this.#joined.settle(null);
    if (!this.#leaving.isAsked) this.#commands.attach(epoch, me, cseq, by);
  }

  #detach(): void {
    this.#attached = false;
    this.#commands.detach();
  }

  #onEvents(frame: EventsFrame): void {
    if (!this.#attached) return;
    const events = this.#view.newEvents(frame);
    if (events === 'hole') return this.#catchUp();
    if (events.length === 0) return;
    this.#catchUps = 0;
    this.#observer.onEvents?.(frame.epoch, this.#view.seq + 1, events);
    for (const event of events) {
      const member = this.#view.apply(event);
      this.#observer.onEvent?.(this.#view.seq, event, member);
      if (this.phase === 'over') return;
      if (event.member === this.me) this.#onOwn(event);
    }
  }

  #onOwn(event: ServerEvent): void {
    this.#commands.onOwn(event);
    if (event.kind !== 'left' || this.#phase === 'leaving') return;
    if (event.reason === LEFT_REASON.removed) this.end(clientError('removed'));
    else this.#joinAgain();
  }

  #onError(frame: ErrorFrame): void {
    const { req, cseq, code, message } = frame;
    if (req !== null) {
      if (this.#join.refused(req, frame.retry)) this.end(new RoomcastError(code, message));
      else if (this.#leaving.refused(req, frame.retry)) this.end(clientError('left'));
      else this.#commands.resume();
      return;
    }
    // Before JOINED it is about commands that will be numbered and sent anew.
    if (!this.#attached) return;
    // While a JOIN is under way its answer says where the commands stand: it may be that of a new member (P17).
    if (code === 'out-of-order' && !this.#join.idle) return;
    if (code === 'not-joined') this.#joinAgain();
    else if (cseq !== null) this.#commands.onError(frame, cseq);
    else if (code === 'unauthorized') this.end(clientError('removed'));
    else this.#link.log.warn({ room: this.name, code }, message);
  }

  /** P13: one JOIN, however many frames lie beyond the hole. */
  #catchUp(): void {
    if (this.#join.idle) this.#join.ask(this.#catchUps++ === 0);
  }

  /** The server does not know this connection as a member: not that of the newest JOIN, or its grace time is over. */
  #joinAgain(): void {
    this.#detach();
    this.#catchUp();
  }

  #onDone(command: Command, error: RoomcastError | null, cseq: number): void {
    this.#observer.onDone?.(command, error, cseq);
    if (this.#phase === 'leaving' && this.undone === 0) this.#leaving.go();
  }
}
