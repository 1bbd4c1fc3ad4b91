/**
 * A steady load: each member sends so many commands a second whatever comes back, the members of a room in turn, so
 * that the room has an event at even distances. Every fourth command writes state.
 */
import type { Member } from './crowd.ts';
import { Stalls } from './stalls.ts';

/** With ten members in a room: an event every 33 ms. */
export const usualRatePerSec = 3;

const TICK_MS = 5;
const WRITES_EVERY = 4;

interface Sender {
  readonly member: Member;
  dueAt: number;
  sent: number;
}

export class Load {
  readonly stalls = new Stalls();
  readonly #senders: readonly Sender[];
  readonly #periodMs: number;
  #timer: NodeJS.Timeout | null = null;
  #lastTickAt = 0;

  constructor(members: readonly Member[], ratePerSec: number) {
    this.#periodMs = 1_000 / ratePerSec;
    const places = new Map<string, number>();
    const sizes = new Map<string, number>();
    for (const { room } of members) sizes.set(room.name, (sizes.get(room.name) ?? 0) + 1);
    this.#senders = members.map((member) => {
      const place = places.get(member.room.name) ?? 0;
      places.set(member.room.name, place + 1);
      return { member, dueAt: (this.#periodMs * place) / (sizes.get(member.room.name) ?? 1), sent: 0 };
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
        sender.dueAt += this.#periodMs;
        send(sender);
      }
    }
  }
}

function send(sender: Sender): void {
  const { player, room } = sender.member;
  const id = `${player.name}#${++sender.sent}`;
  if (sender.sent % WRITES_EVERY === 0) player.put(room.name, id, player.name);
  else player.say(room.name, id);
}
