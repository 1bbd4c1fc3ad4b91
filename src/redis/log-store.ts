import type { LogAppend, LogStore, WriteResult } from '../room/ports.ts';
import { asBuffer, type Commands } from './commands.ts';
import type { Keys } from './keys.ts';
import { SCRIPTS } from './scripts.ts';

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
      batch.map(({ room, owner, epoch, seq, frame, note }) => {
        const keys = [this.#keys.room(room), this.#keys.log(room)];
        const args = [owner, String(epoch), String(seq), asBuffer(frame), note === null ? '' : asBuffer(note)];
        return this.#commands.run(SCRIPTS.logAppend, keys, args);
      }),
    );
    return replies.map((reply) => (reply === 1 ? 'written' : 'fenced'));
  }
}
