/**
 * The memory that all sockets of a worker read into, one after the other: room for the rest of the chunk before, then
 * the chunk. Small enough for the processor's cache in the part that is used.
 */
export class ReadArea {
  readonly restBytesMax = 4 * 1024 * 1024;
  readonly chunkStart = this.restBytesMax;
  readonly bytes = Buffer.alloc(this.restBytesMax + CHUNK_BYTES);
  readonly chunk = this.bytes.subarray(this.chunkStart);
  /** What performance.now() of this thread says, in µs, at the zero that all threads of the run count from. */
  readonly zeroUs: number;

  constructor(zeroUs: number) {
    this.zeroUs = zeroUs;
  }
}

/** What libuv asks the kernel for at once, and what a socket gets within some ms at full load. */
const CHUNK_BYTES = 64 * 1024;
