import { describe, expect, test } from 'vitest';
import { encodeSend } from '../../../src/protocol/client-writer.ts';
import { encodeStr } from '../../../src/protocol/server-frame.ts';
import { type EventsFrame, readEvents } from '../../../src/protocol/server-reader.ts';
import { decodeNote } from '../../../src/room/log-note.ts';
import { Member } from '../../../src/room/member.ts';
import { Outbox } from '../../../src/room/outbox.ts';
import { RoomState } from '../../../src/room/state.ts';

const ROOM = encodeStr('demo:1');
/** Opcode, no name, cseq 1: where the payload of a SEND begins. */
const BODY_START = 4;

function fixture(): { outbox: Outbox; state: RoomState; say: (text: string, cseq?: number) => void } {
  const state = new RoomState();
  const outbox = new Outbox(state);
  return {
    state,
    outbox,
    say(text, cseq = 1) {
      const frame = encodeSend('', 1, new TextEncoder().encode(text));
      outbox.message(1, cseq, frame, BODY_START, frame.length);
    },
  };
}

function sealed(outbox: Outbox, first = 1): EventsFrame | null {
  const result = outbox.seal(ROOM, 1_763_673_600_123, first);
  return result && readEvents(result.frame);
}

function texts(frame: EventsFrame | null): string[] | undefined {
  return frame?.events.map((event) => {
    if (event.kind === 'message') return new TextDecoder().decode(event.payload);
    return event.kind === 'state' ? `set ${[...event.set.keys()]} del ${event.del}` : event.kind;
  });
}

function write(state: RoomState, outbox: Outbox, key: string): void {
  state.set(key, new Uint8Array([1]));
  outbox.patched(key);
}

describe('sealing', () => {
  test('[P11] puts the events in their order under the seq of the first', () => {
    const { outbox, say } = fixture();
    say('a');
    outbox.left(new Member(2, { sid: 's', user: 'u' }, null), 0, true);
    say('b');
    const frame = sealed(outbox, 41);
    expect(frame).toMatchObject({ room: 'demo:1', epoch: 1_763_673_600_123, first: 41 });
    expect(texts(frame)).toEqual(['a', 'left', 'b']);
  });

  test('answers null without events, and leaves nothing for the next time', () => {
    const { outbox, say } = fixture();
    expect(sealed(outbox)).toBeNull();
    say('a');
    sealed(outbox);
    expect(outbox.isEmpty).toBe(true);
    expect(sealed(outbox)).toBeNull();
  });

  test('holds events far larger than a buffer to start with', () => {
    const { outbox, say } = fixture();
    for (let i = 0; i < 300; i++) say('x'.repeat(100), i + 1);
    expect(outbox.bytes).toBeGreaterThan(30_000);
    expect(sealed(outbox)?.events).toHaveLength(300);
  });
});

describe('server writes', () => {
  test('are one event, with what the state holds at the end', () => {
    const { outbox, state } = fixture();
    write(state, outbox, 'a');
    write(state, outbox, 'b');
    write(state, outbox, 'a');
    state.delete('b');
    outbox.patched('b');
    expect(outbox.isEmpty).toBe(false);
    expect(texts(sealed(outbox))).toEqual(['set a del b']);
  });

  test('[P11] come before an event that follows them', () => {
    const { outbox, state, say } = fixture();
    write(state, outbox, 'a');
    say('then');
    write(state, outbox, 'b');
    expect(texts(sealed(outbox))).toEqual(['set a del ', 'then', 'set b del ']);
  });
});

describe('rollback', () => {
  test('[P15] takes back events, replies and joins since the mark, and no more', () => {
    const { outbox, say } = fixture();
    say('kept');
    outbox.reply(() => null);
    const mark = outbox.mark();
    say('gone');
    outbox.joined(new Member(2, { sid: 's', user: 'u' }, null), true);
    outbox.reply(() => null);
    outbox.rollback(mark);
    expect(texts(sealed(outbox))).toEqual(['kept']);
    expect(outbox.takeReplies()).toHaveLength(1);
    expect(outbox.takeNote()).toBeNull();
  });

  test('of the first event of all leaves an empty outbox', () => {
    const { outbox, say } = fixture();
    const mark = outbox.mark();
    say('gone');
    outbox.rollback(mark);
    expect(outbox.isEmpty).toBe(true);
    expect(sealed(outbox)).toBeNull();
  });

  test('puts writes back that an event of the refused handler had closed', () => {
    const { outbox, state, say } = fixture();
    write(state, outbox, 'a');
    const mark = outbox.mark();
    state.begin();
    write(state, outbox, 'b');
    say('gone');
    state.rollback();
    outbox.rollback(mark);
    say('next');
    expect(texts(sealed(outbox))).toEqual(['set a del ', 'next']);
  });

  test('a mark is not changed by what comes after it', () => {
    const { outbox, state } = fixture();
    write(state, outbox, 'a');
    const mark = outbox.mark();
    write(state, outbox, 'b');
    outbox.rollback(mark);
    state.delete('b');
    expect(texts(sealed(outbox))).toEqual(['set a del ']);
  });
});

describe('for the log', () => {
  test('[P17] the note has the last command done without an event, and who joined', () => {
    const { outbox } = fixture();
    const member = new Member(2, { sid: 'sid', user: 'u' }, null);
    outbox.joined(member, false);
    outbox.done(member, 1);
    outbox.done(member, 2);
    const note = decodeNote(outbox.takeNote());
    expect([...note.done]).toEqual([[2, 2]]);
    expect(note.joined.map(({ number, sid }) => [number, sid])).toEqual([[2, 'sid']]);
    expect(outbox.takeNote()).toBeNull();
  });

  test('nothing is kept of members that came and left before there was a frame', () => {
    const { outbox } = fixture();
    for (let number = 1; number <= 3; number++) {
      const member = new Member(number, { sid: `s${number}`, user: 'u' }, null);
      outbox.joined(member, false);
      outbox.done(member, 1);
      outbox.left(member, 0, false);
    }
    expect(outbox.takeNote()).toBeNull();
  });

  test('[P15] one ACK for a member, however many of its commands were done', () => {
    const { outbox } = fixture();
    const member = new Member(2, { sid: 'sid', user: 'u' }, null);
    outbox.done(member, 1);
    outbox.ack(member);
    expect(outbox.takeAcks()).toEqual([member]);
    expect(outbox.takeAcks()).toEqual([]);
  });
});
