/**
 * HANDOVER: an owner tells the node that the directory now names as the room's owner, and brings the tail of its history.
 * `[op, room, end epoch, end seq, [epoch, start, …], [first, last, frame, …], more]`. Lost, it costs that node nothing but
 * the tail: the room is in the store.
 */
import type { Reader } from '../protocol/reader.ts';
import type { StoredFrame } from './frame-store.ts';
import type { Span, Tail } from './history.ts';
import { head, RELAY, type WriteMessage } from './relay-message.ts';

/** Frames in one message, one at the least: a packet goes out at 256 KiB, and Redis cuts subscribers by bytes waiting. */
const FRAMES_BYTES_MAX = 64 * 1024;

/** A part of a tail: its frames follow those of the part before. */
export interface HandOverPart extends Tail {
  /** Another part follows. */
  readonly more: boolean;
}

export function handOverMessages(room: string, tail: Tail): WriteMessage[] {
  const parts = inParts(tail.frames);
  return parts.map((frames, i) => (w) => {
    head(w, 5, RELAY.handOver, room);
    w.uint(tail.end.epoch);
    w.uint(tail.end.seq);
    w.array(tail.epochs.length * 2);
    for (const { epoch, start } of tail.epochs) {
      w.uint(epoch);
      w.uint(start);
    }
    w.array(frames.length * 3);
    for (const { first, last, frame } of frames) {
      w.uint(first);
      w.uint(last);
      w.bin(frame);
    }
    w.bool(i < parts.length - 1);
  });
}

export function readHandOver(r: Reader): HandOverPart {
  const end = { epoch: r.uint('epoch'), seq: r.uint('seq') };
  const epochs: Span[] = [];
  for (let left = r.array('epochs'); left > 0; left -= 2)
    epochs.push({ epoch: r.uint('epoch'), start: r.uint('start') });
  const frames: StoredFrame[] = [];
  for (let left = r.array('frames'); left > 0; left -= 3) {
    frames.push({ first: r.uint('first'), last: r.uint('last'), frame: r.bin('frame') });
  }
  return { end, epochs, frames, more: r.bool('more') };
}

function inParts(frames: readonly StoredFrame[]): StoredFrame[][] {
  let part: StoredFrame[] = [];
  let bytes = 0;
  const parts = [part];
  for (const each of frames) {
    if (bytes > 0 && bytes + each.frame.length > FRAMES_BYTES_MAX) {
      part = [];
      bytes = 0;
      parts.push(part);
    }
    part.push(each);
    bytes += each.frame.length;
  }
  return parts;
}
