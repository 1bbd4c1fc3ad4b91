/**
 * UTF-8 over ranges of a frame. Names and keys are short and mostly ASCII: by hand they cost half of what TextDecoder
 * does up to 32 bytes, and nothing but the string itself is allocated. Checking alone allocates nothing.
 */
const BY_HAND_MAX = 32;

/** Char codes of the text in hand, one array per length: `fromCharCode` makes a string of a whole array at once. */
const codes = Array.from({ length: BY_HAND_MAX + 1 }, (_, length) => new Array<number>(length).fill(0));

// ignoreBOM: a byte order mark is a character like any other and stays, so that text survives a round trip.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** How many bytes the text takes. Most names and keys are ASCII, where it is the string's own length. */
export function utf8Length(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return encoder.encode(text).length;
  return text.length;
}

/** Decodes a range that `isUtf8` holds for. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  return ascii(bytes, start, end) ?? decoder.decode(bytes.subarray(start, end));
}

/** The text, if it is short ASCII. */
function ascii(bytes: Uint8Array, start: number, end: number): string | null {
  const text = codes[end - start];
  if (text === undefined) return null;
  for (let i = 0, pos = start; pos < end; i++, pos++) {
    const byte = bytes[pos] ?? 0x80;
    if (byte >= 0x80) return null;
    text[i] = byte;
  }
  return String.fromCharCode.apply(null, text);
}

/** Whether the range is well-formed: no stray or missing continuation, no overlong form, no surrogate, <= U+10FFFF. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let pos = start;
  while (pos < end) {
    const lead = bytes[pos] ?? 0;
    pos++;
    if (lead < 0x80) continue;
    // The lead byte settles how many follow and, in four cases, a narrower range of the first of them.
    let follow: number;
    let low = 0x80;
    let high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) follow = 1;
    else if (lead >= 0xe0 && lead <= 0xef) {
      follow = 2;
      if (lead === 0xe0) low = 0xa0;
      else if (lead === 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      follow = 3;
      if (lead === 0xf0) low = 0x90;
      else if (lead === 0xf4) high = 0x8f;
    } else return false;
    if (pos + follow > end) return false;
    for (; follow > 0; follow--) {
      const byte = bytes[pos] ?? 0;
      if (byte < low || byte > high) return false;
      low = 0x80;
      high = 0xbf;
      pos++;
    }
  }
  return true;
}
