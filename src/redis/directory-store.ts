import { TOMBSTONE_MS } from '../cluster/memory-directory.ts';
import type { Claim, ClaimRequest, Directory, LogEntry, NodeKey, RoomRecord } from '../cluster/ports.ts';
import type { Commands } from './commands.ts';
import type { Keys } from './keys.ts';
import { array, buffer, integer } from './reply.ts';
import { SCRIPTS } from './scripts.ts';

/** Who owns which room, in the rooms' hashes; all that can race is inside the scripts. */
export class RedisDirectory implements Directory {
  readonly isShared = true;
  readonly #commands: Commands;
  readonly #keys: Keys;

  constructor(commands: Commands, keys: Keys) {
    this.#commands = commands;
    this.#keys = keys;
  }

  async claim({ room, self, dead, deadAttempt, attempt, copy, floor, stride, ttlMs }: ClaimRequest): Promise<Claim> {
    const args = [self, dead ?? '', String(deadAttempt ?? ''), ...[attempt, copy, floor, stride, ttlMs].map(String)];
    const reply = array(await this.#commands.run(SCRIPTS.roomClaim, this.#roomKeys(room), args), 'claim');
    const epoch = integer(reply[1], 'epoch');
    if (reply[0] === 0) {
      return {
        kind: 'other',
        epoch,
        owner: buffer(reply[2], 'owner').toString(),
        attempt: integer(reply[3], 'attempt'),
      };
    }
    const record = readRecord(array(reply[5], 'fields'), array(reply[6], 'entries'));
    const before = integer(reply[2], 'epoch before');
    return { kind: 'owned', epoch, before, isCopy: reply[3] === 1, wasOwn: reply[4] === 1, record };
  }

  async transfer(room: string, self: NodeKey, epoch: number, to: NodeKey, ttlMs: number): Promise<boolean> {
    const args = [self, String(epoch), to, String(ttlMs)];
    return (await this.#commands.run(SCRIPTS.roomTransfer, this.#roomKeys(room), args)) === 1;
  }

  async release(room: string, self: NodeKey, epoch: number, ttlMs: number): Promise<boolean> {
    const args = [self, String(epoch), String(ttlMs), String(TOMBSTONE_MS)];
    return (await this.#commands.run(SCRIPTS.roomRelease, this.#roomKeys(room), args)) === 1;
  }

  #roomKeys(room: string): string[] {
    return [this.#keys.room(room), this.#keys.log(room)];
  }
}

/** Null for a room that has an owner but was never written. Bytes are copied: a view would keep the whole reply alive. */
function readRecord(fields: readonly unknown[], entries: readonly unknown[]): RoomRecord | null {
  let seq: number | null = null;
  let meta: Uint8Array | null = null;
  const state = new Map<string, Uint8Array>();
  const members = new Map<number, Uint8Array>();
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = buffer(fields[i], 'field').toString();
    const value = buffer(fields[i + 1], 'value');
    if (name.startsWith('s:')) state.set(name.slice(2), new Uint8Array(value));
    else if (name.startsWith('m:')) members.set(Number(name.slice(2)), new Uint8Array(value));
    else if (name === 'meta') meta = new Uint8Array(value);
    else if (name === 'seq') seq = Number(value.toString());
  }
  if (seq === null && entries.length === 0) return null;
  const after = seq ?? 0;
  const log = entries.map(readEntry).filter((entry) => entry.seq > after);
  return { seq: after, meta, state, members, log };
}

function readEntry(reply: unknown): LogEntry {
  const [id, pairs] = array(reply, 'log entry');
  const [epoch, seq] = buffer(id, 'log id').toString().split('-').map(Number);
  const [, frame, , note] = array(pairs, 'log fields');
  return {
    epoch: integer(epoch, 'epoch of a log id'),
    seq: integer(seq, 'seq of a log id'),
    frame: new Uint8Array(buffer(frame, 'frame')),
    note: note === undefined ? null : new Uint8Array(buffer(note, 'note')),
  };
}
