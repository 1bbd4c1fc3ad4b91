import type { RoomCore } from '../../../src/client/room-core.ts';
import type { ErrorCode } from '../../../src/protocol/codes.ts';
import type { Limits } from '../../../src/protocol/limits.ts';
import { encodeError } from '../../../src/protocol/server-frame.ts';
import { FakeServer, outcome, recorder } from './fake-server.ts';
import { joined, ROOM, type Standing } from './server-says.ts';

/** A client that is welcome, with one room that asks to join. `say` lets the client act on it at once. */
export function joining(limits: Partial<Limits> = {}) {
  const server = new FakeServer();
  const core = server.client();
  core.start();
  server.welcome('s1', limits);
  const seen = recorder();
  const room = core.join(ROOM, null, seen.observer);
  return {
    server,
    core,
    room,
    clock: server.clock,
    seen: seen.events,
    /** The newest one. */
    get socket() {
      return server.socket;
    },
    say: (...frames: Uint8Array[]): void => {
      server.socket.say(...frames);
      server.clock.settle();
    },
    /** Loses the connection and opens the next, up to its WELCOME. */
    reconnect: (sid = 's1'): void => {
      server.socket.close(1006);
      server.nextSocket();
      server.welcome(sid);
    },
  };
}

/** The same, joined: as member 3 at seq 10, unless `standing` says otherwise. What it saw so far is forgotten. */
export function inRoom(standing: Standing = {}, limits: Partial<Limits> = {}) {
  const t = joining(limits);
  t.say(joined(t.socket.one('join').req, standing));
  t.seen.length = 0;
  return t;
}

/** Gives that many commands; answers how each ends. */
export function send(room: RoomCore, count: number): () => Promise<string[]> {
  const ends = Array.from({ length: count }, (_, i) => outcome(room.sendRaw(Uint8Array.of(i))));
  return () => Promise.all(ends.map((end) => end.now()));
}

/** An ERROR about a command. */
export function refusal(code: ErrorCode, cseq: number): Uint8Array {
  return encodeError(code, null, { room: ROOM, cseq });
}
