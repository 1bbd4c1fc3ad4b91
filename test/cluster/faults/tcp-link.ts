/**
 * A line between one node and Redis that a test can break: a TCP proxy.
 *
 * Cut: each socket is closed, and new ones are refused. Deaf, in one direction: bytes are read and thrown away, and
 * nobody is told. What went missing can not come later, so sockets that lost bytes are closed when the line is mended.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePorts } from '../../../infra/cluster/ports.ts';

/** Seen from the node. */
export type Direction = 'to Redis' | 'from Redis';

export class TcpLink {
  readonly port: number;
  readonly #target: number;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #spoilt = new Set<readonly [Socket, Socket]>();
  #server: Server | null = null;
  #deaf: Direction | null = null;

  private constructor(port: number, target: number) {
    this.port = port;
    this.#target = target;
  }

  static async open(target: number): Promise<TcpLink> {
    const [port = 0] = await freePorts(1);
    const link = new TcpLink(port, target);
    await link.mend();
    return link;
  }

  cut(): void {
    this.#server?.close();
    this.#server = null;
    for (const pair of this.#pairs) close(pair);
  }

  deafen(direction: Direction): void {
    this.#deaf = direction;
  }

  async mend(): Promise<void> {
    this.#deaf = null;
    for (const pair of this.#spoilt) close(pair);
    if (this.#server !== null) return;
    const server = createServer((node) => this.#join(node));
    this.#server = server;
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
  }

  #join(node: Socket): void {
    const pair = [node, connect(this.#target, '127.0.0.1')] as const;
    this.#pairs.add(pair);
    const [, redis] = pair;
    this.#carry(pair, node, redis, 'to Redis');
    this.#carry(pair, redis, node, 'from Redis');
    for (const socket of pair) {
      socket.setNoDelay(true);
      // A close follows each error.
      socket.on('error', () => {});
      socket.on('close', () => {
        close(pair);
        this.#pairs.delete(pair);
        this.#spoilt.delete(pair);
      });
    }
  }

  #carry(pair: readonly [Socket, Socket], from: Socket, to: Socket, direction: Direction): void {
    from.on('data', (bytes) => {
      if (this.#deaf === direction) this.#spoilt.add(pair);
      else if (!this.#spoilt.has(pair)) to.write(bytes);
    });
  }
}

function close(pair: readonly [Socket, Socket]): void {
  for (const socket of pair) socket.destroy();
}
