import type { Commit, CommitResult, SnapshotStore } from '../room/ports.ts';
import { type Argument, asBuffer, type Commands } from './commands.ts';
import type { Keys } from './keys.ts';
import { SCRIPTS } from './scripts.ts';

/** Writes rooms into their hashes: `s:<key>` per key of the state, `m:<member>` per member, `seq`, `meta` and `rev`. */
export class RedisSnapshotStore implements SnapshotStore {
  readonly #commands: Commands;
  readonly #keys: Keys;

  constructor(commands: Commands, keys: Keys) {
    this.#commands = commands;
    this.#keys = keys;
  }

  async commit(batch: readonly Commit[]): Promise<readonly CommitResult[]> {
    // Sent in this turn, all of them: one write, one round trip.
    const replies = await Promise.all(
      batch.map((commit) => {
        const keys = [this.#keys.room(commit.room), this.#keys.log(commit.room)];
        return this.#commands.runOrRefuse(SCRIPTS.roomCommit, keys, commitArguments(commit));
      }),
    );
    return replies.map((reply) => (reply === null ? 'failed' : (RESULTS[Number(reply)] ?? 'fenced')));
  }
}

/** As room-commit.lua answers. */
const RESULTS: readonly CommitResult[] = ['fenced', 'written', 'behind'];

function commitArguments(commit: Commit): Argument[] {
  const pairs: Argument[] = ['seq', String(commit.seq)];
  if (commit.meta !== null) pairs.push('meta', asBuffer(commit.meta));
  for (const [key, value] of commit.set) pairs.push(`s:${key}`, asBuffer(value));
  const gone = commit.del.map((key) => `s:${key}`);
  // The script deletes after it sets, so of a member that is named twice only the last word may go there.
  for (const [member, value] of new Map(commit.members)) {
    if (value === null) gone.push(`m:${member}`);
    else pairs.push(`m:${member}`, asBuffer(value));
  }
  const keepId = `${commit.epoch}-${commit.seq + 1}`;
  const whole = commit.whole ? '1' : '0';
  const numbers = [commit.revision, commit.base, pairs.length / 2].map(String);
  return [commit.owner, String(commit.epoch), String(commit.ttlMs), keepId, whole, ...numbers, ...pairs, ...gone];
}
