/** How a client's SDK reaches nodes: the world picks one for each connection, as a load balancer would. */
import type { Transport, Wire, WireHandlers } from '../../src/client/ports.ts';
import type { SimLink } from './sim-link.ts';

export interface Dialler {
  /** Begins a connection to some node; its handlers are called later, never from here. */
  dial(url: string, handlers: WireHandlers): SimLink;
}

export class SimTransport implements Transport {
  readonly #dialler: Dialler;

  constructor(dialler: Dialler) {
    this.#dialler = dialler;
  }

  connect(url: string, handlers: WireHandlers): Wire {
    const link = this.#dialler.dial(url, handlers);
    return {
      send: (bytes) => link.toNode(bytes),
      close: () => link.closeByClient(),
    };
  }
}
