/**
 * Frames in their order, as bytes in a few chunks. Recent frames are what a node has most of: with a buffer each, outside
 * V8's heap, rooms of two spent more on making, marking and freeing them than on what is in them.
 *
 * Bytes that were given out stay as they are for as long as somebody holds them: chunks are filled, never used again. One
 * is as large as all frames before it, up to `CHUNK_BYTES_MAX`, so a store takes at most twice its frames, and that.
 */
export interface StoredFrame {
  readonly first: number;
  readonly last: number;
  readonly frame: Uint8Array;
}

/** A sixteenth of the default HISTORY_BYTES_MAX: some 75 frames of one small message. */
const CHUNK_BYTES_MAX = 8 * 1024;

/** Of frame `i`: its events are `firsts[i]` to `lasts[i]`, its bytes end at `ends[i]`, where those of the next begin. */
interface Chunk {
  readonly bytes: Uint8Array;
  readonly firsts: number[];
  readonly lasts: number[];
  readonly ends: number[];
  used: number;
  /** Frames before this one are dropped. */
  start: number;
}

export class FrameStore {
  #chunks: Chunk[] = [];
  #bytes = 0;

  /** Of all frames. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The last event of the oldest frame; null where there is none. */
  get oldestLast(): number | null {
    const [chunk] = this.#chunks;
    return chunk?.lasts[chunk.start] ?? null;
  }

  /** Answers its copy of `frame`. */
  add(first: number, last: number, frame: Uint8Array): Uint8Array {
    const chunk = this.#chunkFor(frame.length);
    const from = chunk.used;
    chunk.bytes.set(frame, from);
    chunk.used += frame.length;
    chunk.firsts.push(first);
    chunk.lasts.push(last);
    chunk.ends.push(chunk.used);
    this.#bytes += frame.length;
    return chunk.bytes.subarray(from, chunk.used);
  }

  dropOldest(): void {
    const chunk = this.#chunks[0] as Chunk;
    const i = chunk.start++;
    this.#bytes -= (chunk.ends[i] as number) - (chunk.ends[i - 1] ?? 0);
    if (chunk.start === chunk.ends.length) this.#chunks.shift();
  }

  /** Those with events after `seq`, oldest first. */
  after(seq: number): StoredFrame[] {
    const found: StoredFrame[] = [];
    for (const { bytes, firsts, lasts, ends, start } of this.#chunks) {
      if ((lasts.at(-1) as number) <= seq) continue;
      for (let i = start; i < ends.length; i++) {
        const [first, last] = [firsts[i] as number, lasts[i] as number];
        if (last > seq) found.push({ first, last, frame: bytes.subarray(ends[i - 1] ?? 0, ends[i]) });
      }
    }
    return found;
  }

  #chunkFor(frameBytes: number): Chunk {
    const newest = this.#chunks.at(-1);
    if (newest && newest.used + frameBytes <= newest.bytes.length) return newest;
    const size = Math.max(frameBytes, Math.min(CHUNK_BYTES_MAX, this.#bytes));
    const chunk = { bytes: new Uint8Array(size), firsts: [], lasts: [], ends: [], used: 0, start: 0 };
    this.#chunks.push(chunk);
    return chunk;
  }
}
