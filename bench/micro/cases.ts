import { ClientFrame, readClientFrame } from '../../src/protocol/client-frame.ts';
import { encodeSend, encodeSet } from '../../src/protocol/client-writer.ts';
import { decodePayload, encodePayload } from '../../src/protocol/payload.ts';
import { encodeStr, writeMessage } from '../../src/protocol/server-frame.ts';
import { Writer } from '../../src/protocol/writer.ts';
import { History } from '../../src/room/history.ts';
import { Outbox } from '../../src/room/outbox.ts';
import { RoomState } from '../../src/room/state.ts';
import { HotRoom } from './hot-room.ts';

/** One piece of the hot path, done again and again. */
export interface MicroCase {
  readonly name: string;
  /** What one operation is. */
  readonly about: string;
  /** Deliveries that one operation leads to, where it does. */
  readonly deliveries?: number;
  run(operations: number): void;
}

const ROOM = 'bench:1';
const PAYLOAD_BYTES = 40;
const MEMBERS = 50;
const EVENTS_PER_FRAME = 20;
const FRAME_BYTES = 1024;
const HISTORY_BYTES = 131_072;

export function microCases(): readonly MicroCase[] {
  return [
    reader('reader: SEND', 'one frame of 40 bytes', encodeSend(ROOM, 70_000, new Uint8Array(PAYLOAD_BYTES))),
    reader('reader: SET', 'one frame of two keys', encodeSet(ROOM, 70_000, TWO_KEYS, [])),
    writer(),
    outbox(),
    history(),
    historySince(),
    payloadOut(),
    payloadIn(),
    hotRoom(1),
    hotRoom(EVENTS_PER_FRAME),
  ];
}

const TWO_KEYS: [string, Uint8Array][] = [
  ['p:1', new Uint8Array(20)],
  ['p:2', new Uint8Array(20)],
];

function reader(name: string, about: string, frame: Uint8Array): MicroCase {
  const into = new ClientFrame();
  return {
    name,
    about,
    run(operations) {
      for (let i = 0; i < operations; i++) readClientFrame(frame, into);
    },
  };
}

/** A payload as readClientFrame answers it: the encoded value, header and all. */
function encodedPayload(): Uint8Array {
  const body = new Writer(64);
  body.bin(new Uint8Array(PAYLOAD_BYTES));
  return body.take();
}

function writer(): MicroCase {
  const target = new Writer(4096);
  const value = encodedPayload();
  return {
    name: 'writer: message',
    about: 'one event of 40 bytes into a buffer that is used again',
    run(operations) {
      for (let i = 0; i < operations; i++) {
        if (i % EVENTS_PER_FRAME === 0) target.reset();
        writeMessage(target, 7, 70_000 + i, value, 0, value.length);
      }
    },
  };
}

function outbox(): MicroCase {
  const box = new Outbox(new RoomState());
  const room = encodeStr(ROOM);
  const value = encodedPayload();
  return {
    name: 'outbox: message, sealed',
    about: `one event of 40 bytes; a frame is sealed for each ${EVENTS_PER_FRAME}`,
    run(operations) {
      for (let i = 1; i <= operations; i++) {
        box.message(7, 70_000 + i, value, 0, value.length);
        if (i % EVENTS_PER_FRAME === 0) box.seal(room, 1_763_673_600_123, i);
      }
      box.seal(room, 1_763_673_600_123, 1);
    },
  };
}

function history(): MicroCase {
  const kept = new History({ epoch: 1, seq: 0 }, HISTORY_BYTES);
  const frame = new Uint8Array(FRAME_BYTES);
  let seq = 0;
  return {
    name: 'history: push',
    about: 'one frame of 1 KiB into a full history, which drops its oldest',
    run(operations) {
      for (let i = 0; i < operations; i++, seq += EVENTS_PER_FRAME) {
        kept.push(seq + 1, seq + EVENTS_PER_FRAME, frame);
      }
    },
  };
}

function historySince(): MicroCase {
  const kept = new History({ epoch: 1, seq: 0 }, HISTORY_BYTES);
  const frames = HISTORY_BYTES / FRAME_BYTES;
  for (let seq = 0; seq < frames; seq++) kept.push(seq + 1, seq + 1, new Uint8Array(FRAME_BYTES));
  const after = { epoch: 1, seq: frames - 10 };
  return {
    name: 'history: since',
    about: 'the last 10 of 128 frames, for a member who comes back',
    run(operations) {
      for (let i = 0; i < operations; i++) kept.since(after);
    },
  };
}

const ENTITY = { x: 1234, y: 567, heading: 89 };

function payloadOut(): MicroCase {
  return {
    name: 'payload: encode',
    about: 'a state value of three numbers, for handlers',
    run(operations) {
      for (let i = 0; i < operations; i++) encodePayload(ENTITY);
    },
  };
}

function payloadIn(): MicroCase {
  const bytes = encodePayload(ENTITY);
  return {
    name: 'payload: decode',
    about: 'the same, read back',
    run(operations) {
      for (let i = 0; i < operations; i++) decodePayload(bytes);
    },
  };
}

function hotRoom(commandsPerTurn: number): MicroCase {
  const room = new HotRoom(MEMBERS, PAYLOAD_BYTES);
  return {
    name: `room: ${commandsPerTurn} per turn`,
    about: `one SEND of 40 bytes in a room of ${MEMBERS}, from its frame to publish, ${commandsPerTurn} per turn`,
    deliveries: MEMBERS,
    run(operations) {
      for (let i = 1; i <= operations; i++) {
        room.command();
        if (i % commandsPerTurn === 0) room.flush();
      }
      room.flush();
    },
  };
}
