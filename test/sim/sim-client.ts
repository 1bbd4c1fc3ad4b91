/** One player: a session through reconnects and restarts of its program, watched by the checkers. */
import { ClientCore } from '../../src/client/client-core.ts';
import type { Command } from '../../src/client/command.ts';
import type { RoomObserver } from '../../src/client/observer.ts';
import type { WireHandlers } from '../../src/client/ports.ts';
import type { RoomCore } from '../../src/client/room-core.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import { ClientView } from './check/client-view.ts';
import type { Commands } from './check/commands.ts';
import { ConnectionOrder } from './check/connection-order.ts';
import type { OneHistory } from './check/one-history.ts';
import type { Report } from './check/report.ts';
import { idsOf, isPhantom } from './command-id.ts';
import type { Dice } from './dice.ts';
import { ProcessClock } from './process-clock.ts';
import type { SimLink } from './sim-link.ts';
import { SimTransport } from './sim-transport.ts';
import type { Trace } from './trace.ts';

export interface SimClientSurroundings {
  readonly clock: VirtualClock;
  readonly dice: Dice;
  readonly trace: Trace;
  readonly report: Report;
  readonly history: OneHistory;
  readonly commands: Commands;
  dial(client: SimClient, url: string, handlers: WireHandlers): SimLink;
}

export interface Watched {
  readonly core: RoomCore;
  readonly view: ClientView;
  readonly sender: string;
}

export interface ClientCounts {
  holes: number;
  positions: number;
  resumes: number;
  /** Of these, under another epoch than before. */
  resumesAcross: number;
  snapshots: number;
  syncs: number;
  directs: number;
  replaced: number;
}

export class SimClient {
  readonly number: number;
  readonly counts: ClientCounts = {
    holes: 0,
    positions: 0,
    resumes: 0,
    resumesAcross: 0,
    snapshots: 0,
    syncs: 0,
    directs: 0,
    replaced: 0,
  };
  readonly rooms = new Map<string, Watched>();
  /** Its session is open in another tab too. */
  isShared = false;
  readonly #around: SimClientSurroundings;
  readonly #dice: Dice;
  #life = 0;
  #commandCount = 0;
  #process: ProcessClock | null = null;
  #core: ClientCore | null = null;
  #link: SimLink | null = null;
  #order: ConnectionOrder | null = null;
  #resume: string | null = null;

  constructor(number: number, around: SimClientSurroundings, resume: string | null = null) {
    this.number = number;
    this.#around = around;
    this.#dice = around.dice.fork();
    this.#resume = resume;
  }

  get name(): string {
    return `c${this.number}.${this.#life}`;
  }

  /** null while its program does not run. */
  get core(): ClientCore | null {
    return this.#core;
  }

  get process(): ProcessClock | null {
    return this.#process;
  }

  get link(): SimLink | null {
    return this.#link;
  }

  get resume(): string | null {
    return this.#core?.resume ?? this.#resume;
  }

  /** Starts the program; a session that it knows goes on. */
  start(): void {
    const { clock, trace } = this.#around;
    this.#life++;
    this.#process = new ProcessClock(clock, this.#dice, 0);
    const isMine = this.#life;
    const transport = new SimTransport({
      dial: (url, handlers) => {
        this.#countOrder();
        this.#link = this.#around.dial(this, url, handlers);
        this.#order = new ConnectionOrder(this.#link.name, this.#around.report);
        return this.#link;
      },
    });
    trace.step(this.name, 'client-start', () => (this.#resume === null ? 'new' : 'resuming'));
    this.#core = new ClientCore(
      { clock: this.#process, rng: this.#dice.fork(), transport },
      {
        url: 'ws://cluster/ws',
        resume: this.#resume,
        observer: {
          onFrame: (frame) => {
            if (this.#life === isMine) this.#order?.received(frame);
          },
        },
        onStatus: (status, error) => {
          trace.step(this.name, 'client-status', () => `${status} ${error?.code ?? ''}`);
          if (status === 'closed' && error !== null) this.#refused(error.code);
        },
      },
    );
    this.#core.start();
  }

  /** Its program ends without a word; the kernel closes the connection. */
  die(): void {
    this.#around.trace.step(this.name, 'client-dies', () => '');
    this.#resume = this.resume;
    this.#process?.kill();
    this.#countOrder();
    this.#link?.closeByClient();
    for (const { sender } of this.rooms.values()) this.#around.commands.abandoned(sender);
    this.rooms.clear();
    this.#core = null;
  }

  close(): void {
    this.#countOrder();
    this.#core?.close();
  }

  join(room: string): void {
    const core = this.#core;
    if (core === null || core.status === 'closed' || core.room(room) !== null) return;
    const { history, report } = this.#around;
    this.#around.trace.step(this.name, 'app-join', () => room);
    const view = new ClientView(this.name, history.room(room), () => this.#user(core), report);
    const sender = `${this.name}/${room}/${++this.#commandCount}`;
    const watched = { view, sender, core: core.join(room, this.#meta(), this.#observer(room, view)) };
    this.rooms.set(room, watched);
  }

  /** Resolves when the room is over. */
  async leave(room: string): Promise<void> {
    const watched = this.rooms.get(room);
    if (!watched) return;
    this.#around.trace.step(this.name, 'app-leave', () => room);
    await watched.core.leave();
  }

  /** Gives one command, made of the id that it gets. */
  give(room: string, command: (id: string) => Command, mayBeRefused: boolean): void {
    const watched = this.rooms.get(room);
    const core = this.#core;
    if (!watched || watched.core.phase === 'leaving' || core === null) return;
    const order = ++this.#commandCount;
    const id = `${this.number}.${this.#life}.${order}`;
    const { sender } = watched;
    const made = command(id);
    // Of two tabs each counts the other's commands as its own; a room that its code closes refuses the rest.
    const isCertain = (): boolean => !mayBeRefused && !this.isShared && !this.#around.history.room(room).wasClosed;
    this.#around.trace.step(this.name, 'app-give', () => `${room} ${made.kind} ~${id}${mayBeRefused ? ' (no)' : ''}`);
    this.#around.commands.give({ id, room, sender, user: () => this.#user(core), order, isCertain });
    // Its end is told by onDone, at once also where it is refused here.
    const given = made.kind === 'send' ? watched.core.sendRaw(made.payload) : watched.core.setRaw(made.set, made.del);
    given.catch((error: { code: string }) => {
      if (error.code === 'too-many-commands') this.#around.commands.neverSent(id);
    });
  }

  #observer(room: string, view: ClientView): RoomObserver {
    const { trace, commands, report } = this.#around;
    return {
      onSnapshot: (kind, snapshot, me, cseq) => {
        this.counts[kind === 'joined' ? 'snapshots' : 'syncs']++;
        view.snapshot(kind, snapshot, me, cseq);
      },
      onResumed: (epoch, seq, me, cseq) => {
        this.counts.resumes++;
        if (epoch > view.epoch) this.counts.resumesAcross++;
        view.resumed(epoch, seq, me, cseq);
      },
      onEvents: (epoch, first, events) => view.events(epoch, first, events),
      onDirect: (_member, payload) => {
        this.counts.directs++;
        if (isPhantom(payload)) report('P15', `${this.name}: a DIRECT of ${room} holds what a handler had undone`);
      },
      onDone: (command, error) => {
        const [id] = command.kind === 'send' ? idsOf(command.payload) : [...command.set.values()].flatMap(idsOf);
        trace.step(this.name, 'app-done', () => `${room} ~${id} ${error?.code ?? ''}`);
        if (id !== undefined) commands.ended(id, error?.code ?? null);
      },
      onOver: (error) => {
        trace.step(this.name, 'app-over', () => `${room} ${error.code}`);
        if (this.rooms.get(room)?.view === view) this.rooms.delete(room);
      },
    };
  }

  #user(core: ClientCore): string {
    return `guest:${(core.sid ?? '').slice(0, 8)}`;
  }

  #meta(): Uint8Array | null {
    return this.#dice.chance(0.5) ? this.#dice.bytes(4) : null;
  }

  /** The session ended by the node's word. */
  #refused(code: string): void {
    if (code === 'replaced' && this.isShared) this.counts.replaced++;
    else this.#around.report('P3', `${this.name} is sent away: ${code}`);
  }

  #countOrder(): void {
    this.counts.holes += this.#order?.holes ?? 0;
    this.counts.positions += this.#order?.positions ?? 0;
    this.#order = null;
  }
}
