import type { LogAppend, LogStore, WriteResult } from '../room/ports.ts';
import { asBuffer, type Commands } from './commands.ts';
import type { Keys } from './keys.ts';
import { SCRIPTS } from './scripts.ts';

/** Answers of the script. */
const WRITTEN = 1;
const DOES_NOT_FOLLOW = 2;

/** Adds frames to rooms' streams, under the id `<epoch>-<seq>`. */
export class RedisLogStore implements LogStore {
  readonly #commands: Commands;
  readonly #keys: Keys;

  constructor(commands: Commands, keys: Keys) {
    this.#commands = commands;
    this.#keys = keys;
  }

  async append(batch: readonly LogAppend[]): Promise<readonly WriteResult[]> {
    // Sent in this turn, all of them: one write, one round trip, in order.
    const replies = await Promise.all(
      batch.map(({ room, owner, epoch, first, seq, frame, note }) => {
        const keys = [this.#keys.room(room), this.#keys.log(room)];
        const place = [owner, String(epoch), String(first), String(seq)];
        const args = [...place, asBuffer(frame), note === null ? '' : asBuffer(note)];
        return this.#commands.runOrRefuse(SCRIPTS.logAppend, keys, args);
      }),
    );
    const rooms = new Set<string>();
    return batch.map(({ room }, i) => {
      const reply = replies[i];
      const isBehindAnother = rooms.has(room);
      rooms.add(room);
      if (reply === null || (reply === DOES_NOT_FOLLOW && isBehindAnother)) return 'failed';
      return reply === WRITTEN ? 'written' : 'fenced';
    });
  }
}
