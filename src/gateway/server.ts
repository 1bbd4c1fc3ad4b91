/**
 * The only file that runs uWebSockets.js: sockets, upgrades, HTTP, and the native fan-out of frames to topics.
 *
 * Every limit is explicit, since its defaults have changed between versions. Nothing is thrown across its boundary: each
 * handler has one catch, and a fault costs only the connection that met it.
 */
import {
  App,
  type HttpRequest,
  type HttpResponse,
  type TemplatedApp,
  us_listen_socket_close,
  type us_socket_context_t,
  type WebSocket,
} from 'uWebSockets.js';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/logger.ts';
import type { Publisher } from '../room/ports.ts';
import type { ClientConnection } from './connection.ts';
import type { Connections } from './connections.ts';
import { LIMIT_FACTOR } from './delivery.ts';
import { httpError } from './http-response.ts';
import { idleTimeoutSec } from './keep-alive.ts';
import type { Routes } from './routes.ts';
import { answerUpgrade, type UpgradeOptions } from './upgrade.ts';
import { serveHttp, writeAnswer } from './uws-http.ts';
import { type Listening, listenExclusively } from './uws-listen.ts';
import { type SocketData, UwsSocket } from './uws-socket.ts';

export interface ServerOptions extends UpgradeOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Larger messages cut the connection; those between the frame limit and this one are refused with 4500. */
  readonly receiveBytesMax: number;
  /** What may wait for one slow reader; at twice of it frames are dropped. */
  readonly backpressureBytesMax: number;
  readonly keepAliveMs: number;
}

const NO_COMPRESSION = 0;
/** When a refused client may try again; nodes come and go within seconds. */
const RETRY_AFTER_SEC = '5';

export class Server implements Publisher {
  readonly #app: TemplatedApp = App();
  readonly #log: Logger;
  readonly #counters: Counters;
  readonly #options: ServerOptions;
  #listening: Listening | null = null;
  #connections: Connections | null = null;
  #draining = false;

  constructor(log: Logger, counters: Counters, options: ServerOptions) {
    this.#log = log;
    this.#counters = counters;
    this.#options = options;
  }

  publish(topic: string, frame: Uint8Array): void {
    this.#app.publish(topic, frame, true);
    this.#connections?.published(frame.length);
  }

  /** Serves from now on, and answers the port. */
  async listen(connections: Connections, routes: Routes): Promise<number> {
    this.#connections = connections;
    this.#serveSockets(connections);
    this.#app.any('/*', (res, req) => serveHttp(res, req, routes, this.#log));
    this.#listening = await listenExclusively(this.#app, this.#options.host, this.#options.port);
    return this.#listening.port;
  }

  /** From now on upgrades are answered 503; HTTP and open sockets go on. */
  drain(): void {
    this.#draining = true;
  }

  stopListening(): void {
    if (this.#listening !== null) us_listen_socket_close(this.#listening.listenSocket);
    this.#listening = null;
  }

  /** Stops listening and cuts what is still open; whoever should hear a close code must have been told before. */
  close(): void {
    this.stopListening();
    this.#app.close();
  }

  #serveSockets(connections: Connections): void {
    const { receiveBytesMax, backpressureBytesMax, keepAliveMs } = this.#options;
    const hardLimit = LIMIT_FACTOR * backpressureBytesMax;
    this.#app.ws<SocketData>('/ws', {
      maxPayloadLength: receiveBytesMax,
      maxBackpressure: hardLimit,
      closeOnBackpressureLimit: false,
      idleTimeout: idleTimeoutSec(keepAliveMs),
      sendPingsAutomatically: true,
      maxLifetime: 0,
      compression: NO_COMPRESSION,
      upgrade: (res, req, context) => this.#upgrade(res, req, context, connections),
      open: (ws) => {
        const data = ws.getUserData();
        data.socket = new UwsSocket(ws, hardLimit);
        data.connection = connections.accept(data.socket);
      },
      message: onMessage,
      dropped: onDropped,
      drain: onDrain,
      close: onClose,
    });
  }

  /** All within the call: neither `res` nor `req` outlives it. */
  #upgrade(res: HttpResponse, req: HttpRequest, context: us_socket_context_t, connections: Connections): void {
    const request = { protocols: req.getHeader('sec-websocket-protocol'), origin: req.getHeader('origin') };
    const answer = answerUpgrade(request, connections.size, this.#draining, this.#options);
    if (answer.kind === 'refused') {
      this.#counters.connectionsRefused++;
      const headers = answer.status === 503 ? ([['retry-after', RETRY_AFTER_SEC]] as const) : [];
      writeAnswer(res, httpError(answer.status, answer.reason, headers), false);
      return;
    }
    const data: SocketData = { socket: null, connection: null };
    const key = req.getHeader('sec-websocket-key');
    res.upgrade(data, key, answer.protocol, req.getHeader('sec-websocket-extensions'), context);
  }
}

function onMessage(ws: WebSocket<SocketData>, message: ArrayBuffer, isBinary: boolean): void {
  const { connection } = ws.getUserData();
  try {
    connection?.receive(new Uint8Array(message), isBinary);
  } catch (error) {
    connection?.fault(error);
  }
}

function onDropped(ws: WebSocket<SocketData>): void {
  guarded(ws.getUserData().connection, (connection) => connection.dropped());
}

function onDrain(ws: WebSocket<SocketData>): void {
  guarded(ws.getUserData().connection, (connection) => connection.drained());
}

function onClose(ws: WebSocket<SocketData>): void {
  const { socket, connection } = ws.getUserData();
  socket?.gone();
  guarded(connection, (gone) => gone.closed());
}

function guarded(connection: ClientConnection | null, run: (connection: ClientConnection) => void): void {
  if (connection === null) return;
  try {
    run(connection);
  } catch (error) {
    connection.fault(error);
  }
}
