/**
 * Clients per source address. A connection is told from others by both its ends, and Linux has 28,232 ports for each
 * source address by default (`net.ipv4.ip_local_port_range`); those of connections just closed stay taken for a minute.
 */
const CLIENTS_PER_ADDRESS = 5000;
const FIRST = 1;
const LAST = 254;

/** The loopback address that a client dials from: 127.0.0.1 and up; all of 127.0.0.0/8 is this machine. */
export function sourceAddress(client: number): string {
  const address = Math.floor(client / CLIENTS_PER_ADDRESS);
  return `127.0.${Math.floor(address / LAST)}.${FIRST + (address % LAST)}`;
}
