import { expect, test } from 'vitest';
import { seededRng } from '../../../src/base/rng.ts';
import { ClientCore } from '../../../src/client/client-core.ts';
import type { RoomCore } from '../../../src/client/room-core.ts';
import type { ServerEvent } from '../../../src/protocol/server-reader.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { FORBIDDEN, ModelRoom, SILENT } from './model-room.ts';
import { ROOM } from './server-says.ts';

const CLIENTS = 4;
const SEEDS = 60;

/** One run: 40 s of faults, then 2 min of rest. */
function run(seed: number) {
  const clock = new VirtualClock();
  const rng = seededRng(seed);
  const model = new ModelRoom(clock, rng);
  const ends = new Map<string, string>();
  const wrong: string[] = [];

  const clients = Array.from({ length: CLIENTS }, (_, c) => {
    const client = new ClientCore({ clock, rng, transport: model }, { url: 'ws://model' });
    client.start();
    let last = { epoch: 0, seq: 0 };
    const room: RoomCore = client.join(ROOM, null, {
      onSnapshot: (_kind, { epoch, seq }) => {
        last = { epoch, seq };
      },
      onResumed: (epoch, seq) => {
        if (epoch === last.epoch && seq > last.seq) wrong.push(`client ${c}: resumed beyond what it had`);
      },
      onEvents: (epoch, first, list) => {
        if (epoch !== last.epoch || first !== last.seq + 1)
          wrong.push(`client ${c}: ${epoch}:${first} after ${last.seq}`);
        list.forEach((event, i) => {
          const truth = model.truth.get(`${epoch}:${first + i}`);
          if (idOf(event, epoch) !== truth) wrong.push(`client ${c}: ${epoch}:${first + i} is not ${truth}`);
        });
        last = { epoch, seq: first + list.length - 1 };
      },
      onDone: (command, error) => {
        const id = command.kind === 'send' ? command.payload.join('.') : '';
        if (ends.get(id) !== 'pending') wrong.push(`${id} ended twice`);
        ends.set(id, error?.code ?? 'done');
      },
    });
    return { client, room };
  });

  for (let n = 0; n < 400; n++) {
    clock.advance(100);
    if (rng.next() < 0.1) model.disturb();
    clients.forEach(({ room }, c) => {
      if (rng.next() > 0.4) return;
      const kind = rng.next() < 0.1 ? FORBIDDEN : rng.next() < 0.2 ? SILENT : 0;
      const payload = Uint8Array.of(kind, c, n >> 8, n & 255);
      ends.set(payload.join('.'), 'pending');
      void room.sendRaw(payload);
    });
  }
  model.faults = 0;
  clock.advance(120_000);

  const found = { model, ends, wrong, positions: clients.map(({ room: { epoch, seq } }) => ({ epoch, seq })) };
  for (const { client } of clients) client.close();
  clock.advance(100); // what is still on its way
  return { ...found, timers: clock.timers };
}

function idOf(event: ServerEvent, epoch: number): string {
  return event.kind === 'message' ? event.payload.join('.') : `joined ${event.member} in ${epoch}`;
}

test.each(Array.from({ length: SEEDS }, (_, i) => i + 1))(
  '[P12] [P13] [P14] [P15] [P16] [P17] through losses, cuts and crashes all ends well (seed %i)',
  (seed) => {
    const { model, ends, wrong, positions, timers } = run(seed);
    const count = new Map<string, number>();
    for (const { id } of model.applied) count.set(id, (count.get(id) ?? 0) + 1);
    for (const [id, end] of ends) {
      const times = count.get(id) ?? 0;
      if (times > 1) wrong.push(`${id} took effect ${times} times`);
      // P15 tells by JOINED alone that a cseq is used up: where the ERROR was lost, a refused command passes for done.
      const gone = model.takenBack.has(id) || id.startsWith(`${FORBIDDEN}.`);
      if (end === 'done' && times === 0 && !gone) wrong.push(`${id} is done, and is not there`);
      if (end === 'pending') wrong.push(`${id} never ended`);
      if (end === 'forbidden' && times > 0) wrong.push(`${id} was refused, and is there`);
    }
    expect(wrong).toEqual([]);
    expect(positions).toEqual(Array(CLIENTS).fill(model.position));
    expect(timers).toBe(0);
    const done = [...ends.values()].filter((end) => end === 'done').length;
    expect(done).toBeGreaterThan(ends.size * 0.7);
  },
);
