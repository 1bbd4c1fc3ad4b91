/** A real server on a free port over rooms of the test's own, and `ws` clients. Each test's things end with it. */
import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { Clock } from '../../../src/base/clock.ts';
import { Counters } from '../../../src/base/counters.ts';
import { type Logger, silentLogger } from '../../../src/base/logger.ts';
import { realClock } from '../../../src/base/real-clock.ts';
import { Connections } from '../../../src/gateway/connections.ts';
import { type NodeView, Routes } from '../../../src/gateway/routes.ts';
import { Server, type ServerOptions } from '../../../src/gateway/server.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { readServerFrame, type ServerFrame } from '../../../src/protocol/server-reader.ts';
import type { Rooms } from '../../../src/room/ports.ts';
import { noTokens } from '../../../src/session/access-token.ts';
import { ResumeTokens } from '../../../src/session/resume-token.ts';
import { Sessions } from '../../../src/session/sessions.ts';
import { until } from '../../support/until.ts';
import { countingStore, FakeRooms, SECRET } from '../../unit/gateway/fakes.ts';

export const ADMIN_TOKEN = 'the admin token of the tests';

const view: NodeView = {
  ready: () => ({ ok: true, reasons: [] }),
  cluster: () => ({ id: 'node-a' }),
  storage: () => ({}),
  health: async () => ({ healthy: true }),
  rooms: () => [],
  room: (name) => ({ room: name }),
  metrics: async () => 'roomcast_up 1\n',
};

export interface HarnessOptions {
  readonly server?: Partial<ServerOptions>;
  readonly rooms?: Rooms;
  readonly clock?: Clock;
  readonly view?: Partial<NodeView>;
  readonly log?: Logger;
}

export interface Harness {
  readonly server: Server;
  readonly connections: Connections;
  readonly counters: Counters;
  readonly port: number;
  readonly http: string;
  connect(protocols?: string[], headers?: Record<string, string>): Promise<TestClient>;
}

export async function newServer(options: HarnessOptions = {}): Promise<Harness> {
  const counters = new Counters();
  const clock = options.clock ?? realClock;
  const log = options.log ?? silentLogger;
  const settings: ServerOptions = {
    host: '127.0.0.1',
    port: 0,
    receiveBytesMax: 16 * 1024 * 1024,
    backpressureBytesMax: 256 * 1024,
    keepAliveMs: DEFAULT_LIMITS.keepAliveMs,
    allowedOrigins: [],
    connectionsMax: 100,
    ...options.server,
  };
  const server = new Server(log, counters, settings);
  const tokens = new ResumeTokens(SECRET);
  const sessionOptions = { ttlMs: 60_000, storeTimeoutMs: 2_000 };
  const sessions = new Sessions(countingStore(), noTokens, tokens, randomBytes, clock, log, sessionOptions);
  const connections = new Connections(options.rooms ?? new FakeRooms(), sessions, clock, log, counters, {
    node: 'node-a',
    limits: DEFAULT_LIMITS,
    joinsPerSec: 1_000,
    backpressureBytesMax: settings.backpressureBytesMax,
    sessionTtlMs: 24 * 60 * 60_000,
    onResumed: () => {},
  });
  const routes = new Routes({ ...view, ...options.view }, { adminToken: ADMIN_TOKEN });
  const port = await server.listen(connections, routes);
  onTestFinished(() => {
    connections.closeAll('the test is over');
    server.close();
  });
  const url = `127.0.0.1:${port}`;
  return {
    server,
    connections,
    counters,
    port,
    http: `http://${url}`,
    connect: (protocols = ['roomcast.v1'], headers = {}) => TestClient.open(`ws://${url}/ws`, protocols, headers),
  };
}

export class TestClient {
  readonly ws: WebSocket;
  readonly frames: ServerFrame[] = [];
  ended: { readonly code: number; readonly reason: string } | null = null;
  /** The HTTP status of an upgrade that was refused. */
  refused: number | null = null;

  constructor(url: string, protocols: string[], headers: Record<string, string>) {
    this.ws = new WebSocket(url, protocols, { headers, perMessageDeflate: false });
    this.ws.on('message', (bytes: Buffer) => this.frames.push(readServerFrame(new Uint8Array(bytes))));
    this.ws.on('close', (code, reason) => {
      this.ended = { code, reason: reason.toString() };
    });
    this.ws.on('unexpected-response', (request, response) => {
      this.refused = response.statusCode ?? 0;
      request.destroy();
    });
    // What went wrong shows in `ended` or `refused`.
    this.ws.on('error', () => {});
  }

  static async open(url: string, protocols: string[], headers: Record<string, string>): Promise<TestClient> {
    const client = new TestClient(url, protocols, headers);
    onTestFinished(() => client.ws.terminate());
    await until(() => client.ws.readyState === WebSocket.OPEN || client.refused !== null, { what: 'the upgrade' });
    return client;
  }

  say(...frames: (Uint8Array | string)[]): void {
    for (const frame of frames) this.ws.send(frame);
  }

  /** The first frame of this kind, once it is there. */
  frame<Op extends ServerFrame['op']>(op: Op): Promise<ServerFrame & { op: Op }> {
    const isIt = (frame: ServerFrame): frame is ServerFrame & { op: Op } => frame.op === op;
    return until(() => this.frames.find(isIt), { what: op });
  }

  end(): Promise<{ readonly code: number; readonly reason: string }> {
    return until(() => this.ended, { what: 'the end of the socket' });
  }
}
