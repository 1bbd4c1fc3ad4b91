import type { SessionStore } from '../session/ports.ts';
import type { Commands } from './commands.ts';
import type { Keys } from './keys.ts';
import { integer } from './reply.ts';
import { SCRIPTS } from './scripts.ts';

/** The last generation of each session, as long as its resume token can live. */
export class RedisSessionStore implements SessionStore {
  readonly #commands: Commands;
  readonly #keys: Keys;

  constructor(commands: Commands, keys: Keys) {
    this.#commands = commands;
    this.#keys = keys;
  }

  async open(sid: string, tokenGeneration: number, ttlMs: number): Promise<number> {
    const args = [String(tokenGeneration), String(ttlMs)];
    return integer(await this.#commands.run(SCRIPTS.sessionOpen, [this.#keys.session(sid)], args), 'generation');
  }
}
