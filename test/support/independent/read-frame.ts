/**
 * Bytes from the server → a frame of PROTOCOL section 4, or a thrown reason why they are none.
 *
 * As strict as the page: exact length of each array, exact types, codes of section 7 with their `retry`. A `meta`
 * may be nil, since JOIN may carry none (the page does not say so for roster and event).
 */
import { decode } from '@msgpack/msgpack';
import { type RoomEvent, type Roster, type RosterRow, retryOfCode, type ServerFrame, type State } from './frames.ts';
import { assertPlain } from './plain.ts';

class FrameFault extends Error {}

export function readFrame(bytes: Uint8Array): ServerFrame {
  assertPlain(bytes);
  const fields = new Fields('frame', decode(bytes));
  const op = fields.uint();
  const frame = readBody(op, fields);
  fields.end();
  return frame;
}

function readBody(op: number, f: Fields): ServerFrame {
  switch (op) {
    case 1:
      return { op: 'welcome', sid: f.text(), resume: f.text(), node: f.text(), limits: f.map('a limit', asUint) };
    case 2: {
      const head = { req: f.uint(), room: f.text(), epoch: f.uint(), seq: f.uint(), me: f.member(), cseq: f.uint() };
      const roster = f.maybe(asRoster);
      const state = f.maybe(asState);
      if ((roster === null) !== (state === null)) throw new FrameFault('JOINED with only one of roster and state');
      return { op: 'joined', ...head, roster, state };
    }
    case 3:
      return { op: 'left', req: f.uint(), room: f.text() };
    case 4: {
      const head = { room: f.text(), epoch: f.uint(), first: f.uint() };
      const events = f.list().map(asEvent);
      if (head.first < 1 || events.length === 0) throw new FrameFault('EVENTS from 0, or without an event');
      return { op: 'events', ...head, events };
    }
    case 5: {
      const head = { room: f.text(), epoch: f.uint(), seq: f.uint(), me: f.member(), cseq: f.uint() };
      const roster = asRoster(f.value());
      const state = asState(f.value());
      const reason = f.text();
      if (reason !== 'owner' && reason !== 'reset') throw new FrameFault(`SYNC for the reason "${reason}"`);
      return { op: 'sync', ...head, roster, state, reason };
    }
    case 6:
      return { op: 'pong', t: f.uint(), now: f.uint() };
    case 7:
      return { op: 'ack', room: f.text(), cseq: f.uint() };
    case 8: {
      const head = { code: f.text(), message: f.text(), retry: f.bool() };
      const wanted = retryOfCode.get(head.code);
      if (wanted === undefined) throw new FrameFault(`ERROR with the unknown code "${head.code}"`);
      if (wanted !== head.retry) throw new FrameFault(`ERROR ${head.code} with retry ${head.retry}`);
      return { op: 'error', ...head, req: f.maybe(asUint), room: f.maybe(asText), cseq: f.maybe(asUint) };
    }
    case 9:
      return { op: 'goaway', reason: f.text(), afterMs: f.uint() };
    case 10:
      return { op: 'direct', room: f.text(), member: f.uint(), payload: f.bin() };
    case 11:
      return { op: 'closed', room: f.text(), reason: f.text() };
    case 12:
      return { op: 'position', room: f.text(), epoch: f.uint(), seq: f.uint() };
    default:
      throw new FrameFault(`unknown opcode ${op}`);
  }
}

function asEvent(value: unknown): RoomEvent {
  const f = new Fields('event', value);
  const event = readEvent(f.uint(), f);
  f.end();
  return event;
}

function readEvent(kind: number, f: Fields): RoomEvent {
  switch (kind) {
    case 0:
      return { kind: 'message', member: f.uint(), cseq: f.uint(), payload: f.bin() };
    case 1:
      return { kind: 'joined', member: f.member(), user: f.text(), meta: f.maybe(asBin) };
    case 2:
      return { kind: 'left', member: f.member(), reason: f.within(0, 2) };
    case 3:
      return {
        kind: 'changed',
        member: f.uint(),
        cseq: f.uint(),
        set: asState(f.value()),
        del: f.list().map(asText),
      };
    case 4:
      return { kind: 'status', member: f.member(), status: f.within(0, 1) };
    default:
      throw new FrameFault(`unknown event kind ${kind}`);
  }
}

function asRoster(value: unknown): Roster {
  return asList(value).map((row): RosterRow => {
    const f = new Fields('roster row', row);
    const read = { member: f.member(), user: f.text(), status: f.within(0, 1), meta: f.maybe(asBin) };
    f.end();
    return read;
  });
}

const asState = (value: unknown): State => asMap('a state value', value, asBin);

function asUint(value: unknown): number {
  if (typeof value !== 'number') throw new FrameFault(`${show(value)} where a number belongs`);
  return value;
}

function asText(value: unknown): string {
  if (typeof value !== 'string') throw new FrameFault(`${show(value)} where a str belongs`);
  return value;
}

function asBin(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new FrameFault(`${show(value)} where a bin belongs`);
  return value;
}

function asList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new FrameFault(`${show(value)} where an array belongs`);
  return value;
}

function asMap<T>(what: string, value: unknown, read: (value: unknown) => T): ReadonlyMap<string, T> {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
  if (!isMap) throw new FrameFault(`${show(value)} where the map of ${what} belongs`);
  return new Map(Object.entries(value).map(([key, inner]) => [key, read(inner)]));
}

const show = (value: unknown): string => (value instanceof Uint8Array ? 'a bin' : JSON.stringify(value));

/** The fields of one array, taken in turn. */
class Fields {
  readonly #what: string;
  readonly #values: readonly unknown[];
  #next = 0;

  constructor(what: string, value: unknown) {
    this.#what = what;
    this.#values = asList(value);
  }

  value(): unknown {
    if (this.#next >= this.#values.length) throw new FrameFault(`${this.#what} too short: ${this.#values.length}`);
    return this.#values[this.#next++];
  }

  uint = (): number => asUint(this.value());
  text = (): string => asText(this.value());
  bin = (): Uint8Array => asBin(this.value());
  list = (): readonly unknown[] => asList(this.value());

  member(): number {
    return this.within(1, Number.MAX_SAFE_INTEGER);
  }

  within(min: number, max: number): number {
    const value = this.uint();
    if (value < min || value > max) throw new FrameFault(`${this.#what}: ${value} is not in ${min}..${max}`);
    return value;
  }

  bool(): boolean {
    const value = this.value();
    if (typeof value !== 'boolean') throw new FrameFault(`${show(value)} where a bool belongs`);
    return value;
  }

  maybe<T>(read: (value: unknown) => T): T | null {
    const value = this.value();
    return value === null ? null : read(value);
  }

  map<T>(what: string, read: (value: unknown) => T): ReadonlyMap<string, T> {
    return asMap(what, this.value(), read);
  }

  end(): void {
    const rest = this.#values.length - this.#next;
    if (rest > 0) throw new FrameFault(`${this.#what} with ${rest} fields too many`);
  }
}
