import './uws-hook.mjs';
import { us_socket_local_port } from 'uWebSockets.js';
import { Room, Server } from '@colyseus/core';
import { schema, t } from '@colyseus/schema';
import { dueStamp, ENTITIES, hrUs, moved, placed } from '../rooms/tick-job.ts';
import { reportReady } from './report-ready.mjs';

// Behind the hook: a static import would be linked before the hook is there.
const { uWebSocketsTransport } = await import('@colyseus/uwebsockets-transport');

const SEAT_SECONDS = 60;

/** Every message to all members, by the leanest way that Colyseus has: bytes, neither decoded nor encoded. */
class Fanout extends Room {
  onCreate() {
    this.patchRate = null;
    this.seatReservationTimeout = SEAT_SECONDS;
    this.onMessageBytes('m', (_client, bytes) => this.broadcast('m', bytes));
  }
}

const Entity = schema({ x: t.uint16(), y: t.uint16(), heading: t.uint16() }, 'Entity');
const Field = schema({ stamp: t.uint32(), entities: t.map(Entity) }, 'Field');

/** Each tick is sent as soon as it is made, so that no second timer adds its delay. */
class Tick extends Room {
  onCreate({ ticksPerSec }) {
    this.patchRate = null;
    this.seatReservationTimeout = SEAT_SECONDS;
    this.state = new Field();
    for (let entity = 0; entity < ENTITIES; entity++) {
      this.state.entities.set(`e:${entity}`, new Entity().assign(placed(entity)));
    }
    let lastUs = hrUs();
    this.setTimestep(() => {
      // Colyseus' own elapsed time is in whole ms.
      const nowUs = hrUs();
      this.state.stamp = dueStamp(nowUs, (nowUs - lastUs) / 1000, ticksPerSec);
      lastUs = nowUs;
      for (const entity of this.state.entities.values()) entity.assign(moved(entity));
      this.broadcastPatch();
    }, 1000 / ticksPerSec);
  }
}

const transport = new uWebSocketsTransport({
  maxPayloadLength: 64 * 1024,
  maxBackpressure: 8 * 1024 * 1024,
  idleTimeout: 120,
});
const server = new Server({ transport, greet: false, gracefullyShutdown: false });
server.define('fanout', Fanout).filterBy(['room']);
server.define('tick60', Tick, { ticksPerSec: 60 }).filterBy(['room']);
await server.listen(Number(process.env.PORT ?? 0), '127.0.0.1');
reportReady(us_socket_local_port(transport._listeningSocket));
