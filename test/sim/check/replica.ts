/**
 * A room as its events make it, replayed from the start and kept apart from the code under test. Its digest is a sum over
 * the entries, so that it follows each event at once and a snapshot of any age is compared by one number.
 */
import { unreachable } from '../../../src/base/assert.ts';
import { STATUS, type Status } from '../../../src/protocol/op.ts';
import type { ServerEvent } from '../../../src/protocol/server-reader.ts';
import { latin1 } from '../command-id.ts';

export interface ReplicaMember {
  readonly user: string;
  readonly status: Status;
  readonly meta: string | null;
}

export class Replica {
  readonly state = new Map<string, string>();
  readonly roster = new Map<number, ReplicaMember>();
  #low = 0;
  #high = 0;

  get digest(): string {
    return `${this.#low}/${this.#high}`;
  }

  clone(): Replica {
    const copy = new Replica();
    for (const [key, value] of this.state) copy.set(key, value);
    for (const [number, member] of this.roster) copy.put(number, member);
    return copy;
  }

  /** A new owner knows nobody's connection yet. */
  allAway(): void {
    for (const [number, member] of [...this.roster]) this.put(number, { ...member, status: STATUS.away });
  }

  apply(event: ServerEvent): void {
    switch (event.kind) {
      case 'message':
        return;
      case 'state':
        for (const [key, value] of event.set) this.set(key, latin1(value));
        for (const key of event.del) this.#forget(key);
        return;
      case 'joined':
        this.put(event.member, { user: event.user, status: STATUS.here, meta: event.meta && latin1(event.meta) });
        return;
      case 'left':
        this.#remove(event.member);
        return;
      case 'status': {
        const member = this.roster.get(event.member);
        if (member) this.put(event.member, { ...member, status: event.status });
        return;
      }
      default:
        unreachable(event);
    }
  }

  set(key: string, value: string): void {
    this.#forget(key);
    this.state.set(key, value);
    this.#add(stateEntry(key, value), 1);
  }

  put(number: number, member: ReplicaMember): void {
    this.#remove(number);
    this.roster.set(number, member);
    this.#add(memberEntry(number, member), 1);
  }

  /** In words, for a report. */
  describe(): string {
    const state = [...this.state].map(([key, value]) => `${key}=${JSON.stringify(value)}`).sort();
    const roster = [...this.roster].map(([number, { user, status }]) => `${number}:${user}:${status}`).sort();
    return `state {${state.join(' ')}} roster {${roster.join(' ')}}`;
  }

  #forget(key: string): void {
    const before = this.state.get(key);
    if (before === undefined) return;
    this.state.delete(key);
    this.#add(stateEntry(key, before), -1);
  }

  #remove(number: number): void {
    const before = this.roster.get(number);
    if (before === undefined) return;
    this.roster.delete(number);
    this.#add(memberEntry(number, before), -1);
  }

  #add(entry: string, sign: number): void {
    let [low, high] = [0x811c9dc5, 0x9747b28c];
    for (let i = 0; i < entry.length; i++) {
      const code = entry.charCodeAt(i);
      low = Math.imul(low ^ code, 0x01000193);
      high = Math.imul(high ^ code, 0x85ebca6b);
    }
    this.#low = (this.#low + sign * spread(low)) | 0;
    this.#high = (this.#high + sign * spread(high)) | 0;
  }
}

function stateEntry(key: string, value: string): string {
  return `s\n${key}\n${value}`;
}

function memberEntry(number: number, { user, status, meta }: ReplicaMember): string {
  return `m\n${number}\n${user}\n${status}\n${meta}`;
}

function spread(hash: number): number {
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) | 0;
}
