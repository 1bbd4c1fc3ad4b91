import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';
import { reportReady } from './report-ready.mjs';

/**
 * `ws` and ioredis, as it is usually written: a set of sockets per room, a loop of sends. With REDIS_URL each message goes
 * through a Redis channel per room, to which each process with members subscribes; without, straight to the members here.
 */
const { REDIS_URL } = process.env;
const rooms = new Map();

function deliver(room, data) {
  for (const socket of rooms.get(room) ?? [])
    if (socket.readyState === socket.OPEN) socket.send(data, { binary: true });
}

function throughRedis(url) {
  const publisher = new Redis(url);
  const subscriber = new Redis(url);
  subscriber.on('messageBuffer', (channel, data) => deliver(channel.toString(), data));
  return {
    opened: (room) => void subscriber.subscribe(room),
    closed: (room) => void subscriber.unsubscribe(room),
    send: (room, data) => void publisher.publish(room, data),
  };
}

const relay = REDIS_URL ? throughRedis(REDIS_URL) : { opened: () => {}, closed: () => {}, send: deliver };

function enter(room, socket) {
  const members = rooms.get(room) ?? new Set();
  if (members.size === 0) {
    rooms.set(room, members);
    relay.opened(room);
  }
  members.add(socket);
}

function leave(room, socket) {
  const members = rooms.get(room);
  members.delete(socket);
  if (members.size > 0) return;
  rooms.delete(room);
  relay.closed(room);
}

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env.PORT ?? 0), maxPayload: 64 * 1024 });
server.on('listening', () => reportReady(server.address().port));
server.on('connection', (socket, request) => {
  const room = new URL(request.url, 'http://localhost').searchParams.get('room');
  enter(room, socket);
  socket.on('message', (data) => relay.send(room, data));
  socket.on('close', () => leave(room, socket));
});
