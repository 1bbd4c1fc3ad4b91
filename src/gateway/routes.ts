/**
 * The HTTP side of a node: health, metrics, and a view of the cluster and its rooms for people and dashboards.
 * All of it is read-only. What a route shows comes from a NodeView, which the composition root brings.
 */
import { timingSafeEqual } from 'node:crypto';
import { isRoomName } from '../protocol/limits.ts';
import { type HttpAnswer, httpError, json } from './http-response.ts';

export interface NodeView {
  /** Whether a load balancer should send clients here, and if not, why. */
  ready(): { readonly ok: boolean; readonly reasons: readonly string[] };
  /** This node and its peers, each with id, uptime, owned rooms, members, connections. */
  cluster(): object;
  /** The whole in one look: storage, sessions, and how Redis itself fares. */
  health(): Promise<{ readonly healthy: boolean }>;
  /** Where this node keeps what it shares, in what state that is, and what waits for it. */
  storage(): object;
  rooms(): readonly object[];
  /** Decoded for people; null for a room that is not on this node. */
  room(name: string): object | null;
  /** In the text format of Prometheus. */
  metrics(): Promise<string>;
}

export interface HttpRequest {
  readonly method: string;
  /** As it came, without the query. */
  readonly path: string;
  readonly authorization: string;
  /** The peer is this machine, and is no proxy that speaks for someone else. */
  readonly isLocal: boolean;
}

export interface RoutesOptions {
  /** Opens the admin paths to others than this machine; null: to nobody else. */
  readonly adminToken: string | null;
}

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const ROOM_PATH = '/api/rooms/';

export class Routes {
  readonly #view: NodeView;
  readonly #options: RoutesOptions;

  constructor(view: NodeView, options: RoutesOptions) {
    this.#view = view;
    this.#options = options;
  }

  answer(request: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
    const { method, path } = request;
    if (method !== 'get' && method !== 'head') return httpError(405, 'only GET and HEAD', [['allow', 'GET, HEAD']]);
    switch (path) {
      case '/healthz':
        return json(200, { ok: true });
      case '/readyz': {
        const ready = this.#view.ready();
        return json(ready.ok ? 200 : 503, ready);
      }
      case '/metrics':
        return this.#metrics();
      case '/api/health':
        return this.#health();
      case '/api/cluster':
        return json(200, this.#view.cluster());
      case '/api/storage/status':
        return json(200, this.#view.storage());
      case '/api/rooms':
        return json(200, { rooms: this.#view.rooms() });
      case '/ws':
        return httpError(426, 'a WebSocket upgrade is expected here', [['upgrade', 'websocket']]);
    }
    if (path.startsWith(ROOM_PATH)) return this.#room(request, path.slice(ROOM_PATH.length));
    return httpError(404, 'no such path');
  }

  async #health(): Promise<HttpAnswer> {
    const health = await this.#view.health();
    return json(health.healthy ? 200 : 503, health);
  }

  async #metrics(): Promise<HttpAnswer> {
    return { status: 200, type: METRICS_TYPE, body: await this.#view.metrics(), headers: [] };
  }

  #room(request: HttpRequest, encodedName: string): HttpAnswer {
    if (!this.#isAdmin(request)) {
      return httpError(401, 'an admin token is needed from here', [['www-authenticate', 'Bearer']]);
    }
    const name = decoded(encodedName);
    if (name === null || !isRoomName(name)) return httpError(400, 'not a room name');
    const room = this.#view.room(name);
    return room === null ? httpError(404, 'no such room on this node') : json(200, room);
  }

  #isAdmin(request: HttpRequest): boolean {
    if (request.isLocal) return true;
    const { adminToken } = this.#options;
    return adminToken !== null && equal(request.authorization, `Bearer ${adminToken}`);
  }
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

function equal(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
