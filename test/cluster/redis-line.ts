/** One command to the cluster's Redis over a plain socket: enough to ask for counters and to cut connections. */
import { connect } from 'node:net';

/** Answers the whole reply as text: one simple, bulk or integer reply. */
export function askRedis(port: number, command: string, host = '127.0.0.1'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('connect', () => socket.write(`${command}\r\n`));
    socket.on('data', (part) => {
      text += part;
      const end = text.indexOf('\r\n');
      if (end < 0) return;
      const head = text.slice(0, end);
      if (!head.startsWith('$')) {
        socket.destroy();
        if (head.startsWith('-')) reject(new Error(head.slice(1)));
        else resolve(head.slice(1));
        return;
      }
      const bytes = Buffer.from(text.slice(end + 2));
      const length = Number(head.slice(1));
      if (bytes.length < length + 2) return;
      socket.destroy();
      resolve(bytes.subarray(0, length).toString());
    });
  });
}

/** Calls so far by command, from INFO commandstats. */
export async function commandCalls(port: number): Promise<ReadonlyMap<string, number>> {
  const info = await askRedis(port, 'INFO commandstats');
  const rows = [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)];
  return new Map(rows.map(([, name = '', calls = '0']) => [name, Number(calls)]));
}
