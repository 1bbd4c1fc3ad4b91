/**
 * The body of a SET (and of a state event): the encoded map `set` and then the encoded array `del`, as readClientFrame
 * found them. Both functions throw FrameFault where the range is anything else.
 */
import type { ErrorCode } from './codes.ts';
import { KEY_BYTES_MAX } from './limits.ts';
import { Reader } from './reader.ts';
import { decodeUtf8 } from './utf8.ts';

/** First each key that is set, with the range of its value's content, then each that is deleted: their order in effect. */
export function readPatch(
  bytes: Uint8Array,
  start: number,
  end: number,
  onSet: (key: string, valueStart: number, valueEnd: number) => void,
  onDel: (key: string) => void,
): void {
  // A callback may read another patch, so the reader is this call's own.
  const r = new Reader();
  r.reset(bytes, start, end);
  for (let left = r.map('set'); left > 0; left--) {
    r.skipStr('set key');
    const key = decodeUtf8(bytes, r.bodyStart, r.bodyEnd);
    r.skipBin('set value');
    onSet(key, r.bodyStart, r.bodyEnd);
  }
  for (let left = r.array('del'); left > 0; left--) onDel(r.str('del key'));
  r.done('patch');
}

/** `too-large` where a key is over KEY_BYTES_MAX, to be asked before a patch is applied; null where all fit. */
export function patchFits(bytes: Uint8Array, start: number, end: number): ErrorCode | null {
  const r = new Reader();
  r.reset(bytes, start, end);
  for (let left = r.map('set'); left > 0; left--) {
    r.skipStr('set key');
    if (r.bodyEnd - r.bodyStart > KEY_BYTES_MAX) return 'too-large';
    r.skipBin('set value');
  }
  for (let left = r.array('del'); left > 0; left--) {
    r.skipStr('del key');
    if (r.bodyEnd - r.bodyStart > KEY_BYTES_MAX) return 'too-large';
  }
  r.done('patch');
  return null;
}
