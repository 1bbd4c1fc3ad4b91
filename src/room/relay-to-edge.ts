/** What a room's owner says to an edge (`relay-message.ts`). */
import type { SyncReason } from '../protocol/op.ts';
import type { Reader } from '../protocol/reader.ts';
import type { JoinAnswer, RoomView } from './member-link.ts';
import type { Position } from './ports.ts';
import { binOrNil, head, RELAY, readBinOrNil, type WriteMessage } from './relay-message.ts';

/** What one member of a SYNCED gets besides the room's view. */
export interface SyncTarget {
  readonly conn: number;
  readonly me: number;
  readonly cseq: number;
}

/** What one member gets besides the answer that it shares with others. */
export interface JoinTarget extends SyncTarget {
  readonly req: number;
}

export function frameMessage(
  room: string,
  epoch: number,
  first: number,
  last: number,
  frame: Uint8Array,
): WriteMessage {
  return (w) => {
    head(w, 4, RELAY.frame, room);
    w.uint(epoch);
    w.uint(first);
    w.uint(last);
    w.bin(frame);
  };
}

export function readFrame(r: Reader): { epoch: number; first: number; last: number; frame: Uint8Array } {
  return { epoch: r.uint('epoch'), first: r.uint('first'), last: r.uint('last'), frame: r.bin('frame') };
}

export function sendMessage(room: string, conn: number, frame: Uint8Array): WriteMessage {
  return (w) => {
    head(w, 2, RELAY.send, room);
    w.uint(conn);
    w.bin(frame);
  };
}

/** One answer for all of one edge that joined at the same point: a rush of joins carries the room's state once. */
export function joinedMessage(room: string, answer: JoinAnswer, targets: readonly JoinTarget[]): WriteMessage {
  return (w) => {
    head(w, 7, RELAY.joined, room);
    w.uint(answer.epoch);
    w.uint(answer.seq);
    w.uint(answer.end);
    binOrNil(w, answer.roster);
    binOrNil(w, answer.state);
    w.array(answer.frames.length);
    for (const frame of answer.frames) w.bin(frame);
    w.array(targets.length);
    for (const { conn, req, me, cseq } of targets) {
      w.array(4);
      w.uint(conn);
      w.uint(req);
      w.uint(me);
      w.uint(cseq);
    }
  };
}

export function readJoined(r: Reader): { answer: JoinAnswer; targets: JoinTarget[] } {
  const [epoch, seq, end] = [r.uint('epoch'), r.uint('seq'), r.uint('end')];
  const [roster, state] = [readBinOrNil(r, 'roster'), readBinOrNil(r, 'state')];
  const frames: Uint8Array[] = [];
  for (let left = r.array('frames'); left > 0; left--) frames.push(r.bin('frame'));
  const targets: JoinTarget[] = [];
  for (let left = r.array('targets'); left > 0; left--) {
    r.array('target');
    targets.push({ conn: r.uint('conn'), req: r.uint('req'), me: r.uint('me'), cseq: r.uint('cseq') });
  }
  return { answer: { epoch, seq, roster, state, frames, end }, targets };
}

/** `reset`: the view replaces what the edge knows of the room; without it, it is for the targets alone. */
export function syncedMessage(
  room: string,
  view: RoomView,
  reset: boolean,
  targets: readonly SyncTarget[],
): WriteMessage {
  return (w) => {
    head(w, 7, RELAY.synced, room);
    w.bool(reset);
    w.uint(view.epoch);
    w.uint(view.seq);
    w.str(view.reason);
    w.bin(view.roster);
    w.bin(view.state);
    w.array(targets.length);
    for (const { conn, me, cseq } of targets) {
      w.array(3);
      w.uint(conn);
      w.uint(me);
      w.uint(cseq);
    }
  };
}

export function readSynced(r: Reader): { view: RoomView; reset: boolean; targets: SyncTarget[] } {
  const reset = r.bool('reset');
  const view: RoomView = {
    epoch: r.uint('epoch'),
    seq: r.uint('seq'),
    reason: r.str('reason') as SyncReason,
    roster: r.bin('roster'),
    state: r.bin('state'),
  };
  const targets: SyncTarget[] = [];
  for (let left = r.array('targets'); left > 0; left--) {
    r.array('target');
    targets.push({ conn: r.uint('conn'), me: r.uint('me'), cseq: r.uint('cseq') });
  }
  return { view, reset, targets };
}

export function leftMessage(room: string, conn: number, frame: Uint8Array): WriteMessage {
  return (w) => {
    head(w, 2, RELAY.left, room);
    w.uint(conn);
    w.bin(frame);
  };
}

export function readLeft(r: Reader): { conn: number; frame: Uint8Array } {
  return { conn: r.uint('conn'), frame: r.bin('frame') };
}

export function refusedMessage(room: string, conn: number, req: number, frame: Uint8Array): WriteMessage {
  return (w) => {
    head(w, 3, RELAY.refused, room);
    w.uint(conn);
    w.uint(req);
    w.bin(frame);
  };
}

export function replacedMessage(room: string, conn: number): WriteMessage {
  return (w) => {
    head(w, 1, RELAY.replaced, room);
    w.uint(conn);
  };
}

export function attachedMessage(room: string, at: Position): WriteMessage {
  return (w) => {
    head(w, 2, RELAY.attached, room);
    w.uint(at.epoch);
    w.uint(at.seq);
  };
}

export function closedMessage(room: string, frame: Uint8Array): WriteMessage {
  return (w) => {
    head(w, 1, RELAY.closed, room);
    w.bin(frame);
  };
}
