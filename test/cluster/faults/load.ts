/**
 * A steady load: those who speak in a room send so many commands a second whatever comes back, in turn, so that the
 * room has an event at even distances. Every fourth command writes state.
 */
import type { Member } from './crowd.ts';
import { Stalls } from './stalls.ts';

const TICK_MS = 5;
const WRITES_EVERY = 4;

interface Sender {
  readonly member: Member;
  readonly periodMs: number;
  dueAt: number;
  sent: number;
}

export class Load {
  readonly stalls = new Stalls();
  /** When each command was due to be sent, by its id. */
  readonly dueAt = new Map<string, number>();
  readonly #senders: readonly Sender[];
  #timer: NodeJS.Timeout | null = null;
  #lastTickAt = 0;

  constructor(members: readonly Member[]) {
    const places = new Map<string, number>();
    this.#senders = members.flatMap((member): Sender[] => {
      const { name, members: size, speakers = size, ratePerSec } = member.room;
      const place = places.get(name) ?? 0;
      places.set(name, place + 1);
      if (place >= speakers) return [];
      const periodMs = 1_000 / ratePerSec;
      return [{ member, periodMs, dueAt: (periodMs * place) / speakers, sent: 0 }];
    });
  }

  start(): void {
    const now = performance.now();
    for (const sender of this.#senders) sender.dueAt += now;
    this.#lastTickAt = now;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #tick(): void {
    const now = performance.now();
    this.stalls.note({ from: this.#lastTickAt + TICK_MS, to: now });
    this.#lastTickAt = now;
    for (const sender of this.#senders) {
      while (sender.dueAt <= now) {
        this.#send(sender);
        sender.dueAt += sender.periodMs;
      }
    }
  }

  #send(sender: Sender): void {
    const { player, room } = sender.member;
    const id = `${player.name}#${++sender.sent}`;
    this.dueAt.set(id, sender.dueAt);
    if (sender.sent % WRITES_EVERY === 0) player.put(room.name, id, player.name);
    else player.say(room.name, id, room.paddingBytes);
  }
}
