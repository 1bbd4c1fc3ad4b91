import { type TemplatedApp, type us_listen_socket, us_socket_local_port } from 'uWebSockets.js';

/**
 * Without this flag uWS shares the port with any other process that asks for it, and neither learns of the other.
 * Value of LIBUS_LISTEN_EXCLUSIVE_PORT, which the types of the package do not export.
 */
const EXCLUSIVE_PORT = 1;

/** The native function takes these four arguments (tried on this build); its types know only pairs of them. */
type Listen = (
  host: string,
  port: number,
  options: number,
  done: (listenSocket: us_listen_socket | false) => void,
) => void;

export interface Listening {
  readonly listenSocket: us_listen_socket;
  readonly port: number;
}

/** Listens on a port of its own; 0 takes a free one. */
export function listenExclusively(app: TemplatedApp, host: string, port: number): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const listen = app.listen.bind(app) as unknown as Listen;
    listen(host, port, EXCLUSIVE_PORT, (listenSocket) => {
      if (listenSocket !== false) resolve({ listenSocket, port: us_socket_local_port(listenSocket) });
      else reject(new Error(`can't listen on ${host}:${port}: in use, or not an address of this machine`));
    });
  });
}
