import { App, us_socket_local_port } from 'uWebSockets.js';
import { createServer } from 'node:http';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { reportReady } from './report-ready.mjs';

/**
 * Socket.IO 4 as its documentation shows it: a room, `to(room).emit`. ENGINE is `ws` or `uws`; ADAPTER is `memory`, `redis`
 * or `sharded`. WebSocket only, so that no client begins with polling.
 */
const { ENGINE, ADAPTER, REDIS_URL } = process.env;
const port = Number(process.env.PORT ?? 0);

function adapter() {
  if (ADAPTER === 'memory') return {};
  const publisher = new Redis(REDIS_URL);
  const subscriber = new Redis(REDIS_URL);
  const create = ADAPTER === 'sharded' ? createShardedAdapter : createAdapter;
  return { adapter: create(publisher, subscriber) };
}

const io = new Server({ transports: ['websocket'], serveClient: false, maxHttpBufferSize: 64 * 1024, ...adapter() });
io.on('connection', (socket) => {
  const { room } = socket.handshake.query;
  socket.join(room);
  socket.on('m', (payload) => io.to(room).emit('m', payload));
});

if (ENGINE === 'uws') {
  const app = App();
  io.attachApp(app);
  app.listen('127.0.0.1', port, (listening) => reportReady(us_socket_local_port(listening)));
} else {
  const http = createServer();
  io.attach(http);
  http.listen(port, '127.0.0.1', () => reportReady(http.address().port));
}
