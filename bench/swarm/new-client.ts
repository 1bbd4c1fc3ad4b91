import { must, unreachable } from '../../src/base/assert.ts';
import type { Client, ClientPlace } from './client.ts';
import { ColyseusClient } from './colyseus-client.ts';
import { ColyseusTickClient } from './colyseus-tick-client.ts';
import type { Meter } from './meter.ts';
import type { Dialect } from './plan.ts';
import { RawClient } from './raw-client.ts';
import { RoomcastClient } from './roomcast-client.ts';
import { SocketIoClient } from './socket-io-client.ts';

/** The client that speaks the server's protocol. `seat` is the path that was reserved for it, where the protocol does that. */
export function newClient(dialect: Dialect, place: ClientPlace, meter: Meter, seat: string | undefined): Client {
  switch (dialect) {
    case 'raw':
      return new RawClient(place, meter);
    case 'roomcast':
      return new RoomcastClient(place, meter);
    case 'socket.io':
      return new SocketIoClient(place, meter);
    case 'colyseus':
      return new ColyseusClient(must(seat, 'seat'), place, meter);
    case 'colyseus-tick':
      return new ColyseusTickClient(must(seat, 'seat'), meter);
    default:
      return unreachable(dialect);
  }
}
