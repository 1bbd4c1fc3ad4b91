/** What clients do of their own will: join, talk, leave, close the tab and come back, open a second tab. */
import type { Command } from '../../src/client/command.ts';
import { encodeMessage } from '../../src/protocol/payload.ts';
import { idText } from './command-id.ts';
import type { Dice } from './dice.ts';
import type { SimClient } from './sim-client.ts';
import { CODED_MESSAGES } from './sim-rooms.ts';
import type { World } from './world.ts';

const CLIENTS_MAX = 24;
const KEYS = ['a', 'b', 'c', 'd', 'e'];

export class Workload {
  readonly #world: World;
  readonly #dice: Dice;
  #isOver = false;

  constructor(world: World) {
    this.#world = world;
    this.#dice = world.dice.fork();
  }

  start(): void {
    for (let i = 0; i < this.#world.plan.clients; i++) this.#run(this.#world.addClient(null));
  }

  /** Clients do nothing more; those that are away come back. */
  stop(): void {
    this.#isOver = true;
    for (const client of this.#world.clients) if (client.core === null) client.start();
  }

  #run(client: SimClient): void {
    const { clock, plan } = this.#world;
    clock.after(this.#dice.around(plan.thinkMs), () => {
      if (this.#isOver) return;
      this.#act(client);
      this.#run(client);
    });
  }

  #act(client: SimClient): void {
    const dice = this.#dice;
    if (client.core === null || client.core.status === 'closed') return;
    const joined = [...client.rooms.keys()];
    const room = dice.pickAny(joined);
    const luck = dice.next();
    if (room === null || (luck < 0.12 && joined.length < 3)) return client.join(dice.pick(this.#world.plan.rooms).name);
    if (luck < 0.155) return this.#leave(client, room);
    if (luck < 0.178) return this.#restart(client);
    if (luck < 0.184 && this.#world.clients.length < CLIENTS_MAX) return this.#secondTab(client);
    if (luck < 0.29) this.#burst(client, room);
    else this.#command(client, room);
  }

  /**
   * Mostly a few, sometimes more than a rate limit or a slow reader's buffer takes; at once, or one after another, so that some
   * are on their way whatever happens meanwhile.
   */
  #burst(client: SimClient, room: string): void {
    const dice = this.#dice;
    const count = dice.chance(0.3) ? dice.int(10, 40) : dice.int(2, 9);
    const apartMs = dice.pick([0, 5, 60]);
    for (let i = 0; i < count; i++) {
      if (apartMs === 0) this.#command(client, room);
      else this.#world.clock.after(i * apartMs, () => this.#isOver || this.#command(client, room));
    }
  }

  /** Often to join again at once, as a page does that shows the room anew. */
  #leave(client: SimClient, room: string): void {
    const comesBack = this.#dice.chance(0.5);
    const left = client.leave(room);
    if (comesBack) void left.then(() => this.#isOver || client.join(room));
  }

  #restart(client: SimClient): void {
    client.die();
    const awayMs = this.#dice.chance(0.7) ? this.#dice.around(700) : this.#dice.around(8_000);
    this.#world.clock.after(awayMs, () => {
      if (client.core === null) client.start();
    });
  }

  #secondTab(client: SimClient): void {
    if (client.resume === null) return;
    const other = this.#world.addClient(client.resume);
    client.isShared = true;
    other.isShared = true;
    this.#run(other);
  }

  #command(client: SimClient, name: string): void {
    const plan = this.#world.plan.rooms.find((room) => room.name === name);
    if (!plan) return;
    const dice = this.#dice;
    const isGame = name.startsWith('game');
    if (dice.chance(plan.hasCode ? (isGame ? 0.2 : 0.02) : 0.35)) {
      return client.give(name, (id) => this.#set(id), plan.hasCode && !isGame);
    }
    const type = plan.hasCode ? this.#message() : 'say';
    const command = (id: string): Command => {
      return { kind: 'send', payload: encodeMessage(type, idText(id) + this.#padding()) };
    };
    client.give(name, command, type === 'no');
  }

  #message(): string {
    if (this.#dice.chance(0.004)) return 'end';
    return this.#dice.chance(0.01) ? 'kick' : this.#dice.pick(CODED_MESSAGES);
  }

  #set(id: string): Command {
    const dice = this.#dice;
    const set = new Map<string, Uint8Array>();
    for (let i = dice.int(1, 3); i > 0; i--) set.set(dice.pick(KEYS), encodeMessage('set', idText(id)));
    const del = KEYS.filter((key) => !set.has(key) && dice.chance(0.2));
    return { kind: 'set', set, del };
  }

  #padding(): string {
    const dice = this.#dice;
    return '.'.repeat(dice.chance(0.1) ? dice.int(500, 4_000) : dice.int(0, 120));
  }
}
