/** How one sees that a part does its work. All answer false for "not yet". */
import { connect } from 'node:net';

/** An answer that takes longer counts as none. */
const ANSWER_MS = 1_000;

export async function readyz(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(ANSWER_MS) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** PONG, or a demand for the password; a Redis that still loads its data is not ready. */
export async function redisAnswers(host: string, port: number): Promise<boolean> {
  return /^(\+PONG|-NOAUTH)/.test(await ask(host, port, 'PING\r\n'));
}

/** Whether anything listens there (for TLS, where a plain PING has no answer). */
export async function listens(host: string, port: number): Promise<boolean> {
  return (await ask(host, port, null)) !== REFUSED;
}

const REFUSED = 'refused';

function ask(host: string, port: number, question: string | null): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answer: string): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ANSWER_MS, () => end(REFUSED));
    socket.once('error', () => end(REFUSED));
    socket.once('data', (bytes) => end(bytes.toString('latin1')));
    socket.once('connect', () => (question === null ? end('') : socket.write(question)));
  });
}
