/**
 * The upgrade of a WebSocket, client side. The key is the one of RFC 6455's example: it guards against caches, which
 * are not in the game here, and a fixed one has a known answer.
 */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const ANSWER_BYTES_MAX = 4096;

export function upgradeRequest(host: string, path: string, subprotocol: string | null): string {
  const offer = subprotocol === null ? '' : `Sec-WebSocket-Protocol: ${subprotocol}\r\n`;
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n${offer}\r\n`;
}

/**
 * Where the answer ends (the first frame begins there), or 0 while it is not complete. Throws when the server did
 * not upgrade, with its status line.
 */
export function upgradeEnd(bytes: Uint8Array, start: number, end: number): number {
  const length = Math.min(end - start, ANSWER_BYTES_MAX);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1');
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) {
    if (length === ANSWER_BYTES_MAX) throw new Error(`no end of headers within ${ANSWER_BYTES_MAX} bytes`);
    return 0;
  }
  const statusLine = text.slice(0, text.indexOf('\r\n'));
  if (!statusLine.startsWith('HTTP/1.1 101')) throw new Error(`the server did not upgrade: ${statusLine}`);
  if (!text.slice(0, headEnd).includes(ACCEPT))
    throw new Error('the server answered with a wrong Sec-WebSocket-Accept');
  return start + headEnd + 4;
}
