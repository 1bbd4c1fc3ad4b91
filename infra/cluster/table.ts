import { relative } from 'node:path';
import type { Cluster } from './start-cluster.ts';

/** What runs where, and one line to try. */
export function table(cluster: Cluster): string {
  const { url, nginx, redis, nodes } = cluster.describe();
  const rows = [
    ['part', 'port', 'pid', 'log'],
    row('nginx', nginx.port, nginx.pid, cluster),
    ...nodes.map((node) => row(node.id, node.port, node.pid, cluster)),
    redis.pid === null
      ? ['redis', String(redis.port), '–', 'not started here']
      : row('redis', redis.port, redis.pid, cluster),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const lines = rows.map((cells) => `  ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd());
  return [
    `Roomcast runs at ${url}`,
    '',
    ...lines,
    '',
    'Try it (from another shell, here):',
    `  ${tryLine(url, nodes.at(-1)?.port ?? 0)}`,
    '',
    'Ctrl-C stops it.',
    '',
  ].join('\n');
}

function row(name: string, port: number, pid: number, cluster: Cluster): string[] {
  return [name, String(port), String(pid), relative(process.cwd(), cluster.logPath(name))];
}

/** Joins demo:1 through nginx and at the last node, and shows what the one says to the other. */
function tryLine(url: string, nodePort: number): string {
  const script = [
    `const {connect} = await import('./src/client/client.ts')`,
    `const join = async (url) => (await connect(url)).join('demo:1')`,
    `const a = await join('${url}'), b = await join('ws://127.0.0.1:${nodePort}/ws')`,
    `b.on('say', (text) => { console.log(text); process.exit() })`,
    `await a.send('say', 'hello, room')`,
  ];
  return `npx node --input-type=module -e "${script.join('; ')}"`;
}
