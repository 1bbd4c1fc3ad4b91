import { encodeError } from '../protocol/server-frame.ts';
import type { LocalSeat, Place } from './local-seat.ts';
import { RELAY } from './relay-message.ts';

interface WaitingCommand {
  readonly seat: LocalSeat;
  readonly op: typeof RELAY.message | typeof RELAY.patch;
  readonly cseq: number;
  readonly body: Uint8Array;
}

/** Beyond these, a command that came before its JOIN was answered is told to come again. */
const COMMANDS_MAX = 256;
const BYTES_MAX = 256 * 1024;

/** Commands that followed a first JOIN while the room's owner was still looked for. */
export class WaitingCommands {
  readonly #room: string;
  #commands: WaitingCommand[] = [];
  #bytes = 0;

  constructor(room: string) {
    this.#room = room;
  }

  add(seat: LocalSeat, op: WaitingCommand['op'], cseq: number, body: Uint8Array): void {
    if (this.#commands.length >= COMMANDS_MAX || this.#bytes + body.length > BYTES_MAX) {
      return seat.send(encodeError('unavailable', "the room's owner is being looked for", { room: this.#room, cseq }));
    }
    this.#commands.push({ seat, op, cseq, body });
    this.#bytes += body.length;
  }

  forget(seat: LocalSeat): void {
    if (this.#commands.length === 0) return;
    this.#commands = this.#commands.filter((command) => command.seat !== seat);
    this.#bytes = this.#commands.reduce((bytes, { body }) => bytes + body.length, 0);
  }

  /** They go where the room is. */
  run(place: Pick<Place, 'message' | 'patch'>): void {
    const commands = this.#commands;
    this.#commands = [];
    this.#bytes = 0;
    for (const { seat, op, cseq, body } of commands) {
      if (op === RELAY.message) place.message(seat, cseq, body, 0, body.length);
      else place.patch(seat, cseq, body, 0, body.length);
    }
  }
}

/** Refuses the JOINs that wait for an owner; seats that were joined before go on waiting. */
export function refuseJoins(room: string, seats: Iterable<LocalSeat>, text: string): void {
  for (const seat of [...seats]) {
    const { pending } = seat;
    if (pending) seat.refused(pending.req, encodeError('unavailable', text, { req: pending.req, room }));
  }
}
