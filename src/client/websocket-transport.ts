import { SUBPROTOCOL } from '../protocol/limits.ts';
import type { Transport } from './ports.ts';

const NOTHING = new Uint8Array(0);

/** The WebSocket of browsers, and of Node since 22. */
export const webSocketTransport: Transport = {
  connect(url, handlers) {
    const socket = new WebSocket(url, SUBPROTOCOL);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => handlers.onOpen();
    // A text message is no frame; as no bytes at all, it is refused like any other that can't be read.
    socket.onmessage = ({ data }) => handlers.onMessage(data instanceof ArrayBuffer ? new Uint8Array(data) : NOTHING);
    // An error is followed by a close, always.
    socket.onclose = ({ code, reason }) => handlers.onClose(code, reason);
    return {
      send: (bytes) => socket.send(bytes as Uint8Array<ArrayBuffer>),
      close: (code, reason) => socket.close(code, reason),
    };
  },
};
