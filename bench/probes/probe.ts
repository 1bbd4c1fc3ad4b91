import { realClock } from '../../src/base/real-clock.ts';
import { systemRng } from '../../src/base/rng.ts';
import { ClientCore } from '../../src/client/client-core.ts';
import type { Transport } from '../../src/client/ports.ts';
import type { RoomCore } from '../../src/client/room-core.ts';
import { webSocketTransport } from '../../src/client/websocket-transport.ts';
import type { ServerEvent } from '../../src/protocol/server-reader.ts';
import { longestPause } from './pauses.ts';
import type { RoomStory } from './room-story.ts';

/** Messages of one probe in a run, at most: a message's number is probe × this + count. */
const MESSAGES_MAX = 1e6;
const MESSAGE_BYTES = 8;

export interface ProbePlace {
  readonly number: number;
  /** Index of its node among `urls`. */
  readonly node: number;
  /** Where it connects; the next one after each that does not answer, or is lost. */
  readonly urls: readonly string[];
  readonly room: string;
}

/** One client that heals: the SDK's core, which reconnects, resumes and sends again. It writes down what it saw. */
export class Probe {
  readonly node: number;
  readonly story: RoomStory;
  readonly #place: ProbePlace;
  readonly #client: ClientCore;
  readonly #arrivals: number[] = [];
  #room: RoomCore | null = null;
  #sent = 0;
  #seen = { epoch: 0, seq: 0 };
  #holes = 0;

  constructor(place: ProbePlace, story: RoomStory) {
    this.node = place.node;
    this.story = story;
    this.#place = place;
    const ports = { clock: realClock, rng: systemRng, transport: roundRobin(place.urls, place.node) };
    this.#client = new ClientCore(ports, { url: place.urls[place.node] ?? '' });
  }

  async join(): Promise<void> {
    this.#client.start();
    this.#room = this.#client.join(this.#place.room, null, {
      onSnapshot: (_kind, { epoch, seq }) => {
        this.story.stands(epoch, seq);
        this.#seen = { epoch, seq };
      },
      onResumed: (epoch) => {
        this.#seen = { ...this.#seen, epoch };
      },
      onEvents: (epoch, first, events) => this.#saw(epoch, first, events),
    });
    await this.#room.joined;
  }

  send(): void {
    const message = this.#place.number * MESSAGES_MAX + this.#sent++;
    const payload = new Uint8Array(MESSAGE_BYTES);
    new DataView(payload.buffer).setFloat64(0, message);
    this.story.sent(message);
    // Refused, or given up by the client: either way it will not be done.
    this.#room?.sendRaw(payload).then(
      () => this.story.ended(message, 'done'),
      () => this.story.ended(message, 'refused'),
    );
  }

  get undone(): number {
    return this.#room?.undone ?? 0;
  }

  get seq(): number {
    return this.#seen.seq;
  }

  get holes(): number {
    return this.#holes;
  }

  longestPause(fromMs: number, toMs: number): number {
    return longestPause(this.#arrivals, fromMs, toMs);
  }

  close(): void {
    this.#client.close();
  }

  #saw(epoch: number, first: number, events: readonly ServerEvent[]): void {
    const atMs = nowMs();
    if (epoch !== this.#seen.epoch || first !== this.#seen.seq + 1) this.#holes++;
    this.#seen = { epoch, seq: first + events.length - 1 };
    this.#arrivals.push(atMs);
    for (const [i, event] of events.entries()) this.story.saw(epoch, first + i, messageOf(event), atMs);
  }
}

export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function messageOf(event: ServerEvent): number | null {
  if (event.kind !== 'message' || event.payload.length !== MESSAGE_BYTES) return null;
  return new DataView(event.payload.buffer, event.payload.byteOffset).getFloat64(0);
}

/** What a load balancer does for clients of a node that is gone: each try goes to the next node. */
function roundRobin(urls: readonly string[], first: number): Transport {
  let tries = first;
  return { connect: (_url, handlers) => webSocketTransport.connect(urls[tries++ % urls.length] ?? '', handlers) };
}
