import { App, us_socket_local_port } from 'uWebSockets.js';
import { idleTimeoutSec } from '../../src/gateway/keep-alive.ts';

/**
 * The baseline: uWebSockets.js alone. Each socket subscribes to its room, each message is published to the room as it
 * is, sender included: what most people write first. No order across senders, no ids, no history, no recovery.
 *
 * Limits and keep-alives as Roomcast sets them, so that neither drops earlier or pings more than the other.
 */
interface Seat {
  readonly room: string | null;
}

const app = App();
app.ws<Seat>('/ws', {
  maxPayloadLength: 64 * 1024,
  maxBackpressure: 8 * 1024 * 1024,
  idleTimeout: idleTimeoutSec(30_000),
  sendPingsAutomatically: true,
  maxLifetime: 0,
  upgrade(response, request, context) {
    const room = request.getQuery('room') ?? null;
    const key = request.getHeader('sec-websocket-key');
    const extensions = request.getHeader('sec-websocket-extensions');
    response.upgrade<Seat>({ room }, key, '', extensions, context);
  },
  open(socket) {
    const { room } = socket.getUserData();
    if (room !== null) socket.subscribe(room);
  },
  message(socket, message) {
    const { room } = socket.getUserData();
    if (room !== null) app.publish(room, message, true, false);
  },
});
app.listen('127.0.0.1', Number(process.env.PORT ?? 0), (listening) => {
  if (listening === false) throw new Error('raw-uws: the port is taken');
  process.stdout.write(`${JSON.stringify({ msg: 'ready', port: us_socket_local_port(listening) })}\n`);
});
