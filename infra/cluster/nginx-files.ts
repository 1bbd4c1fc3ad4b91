/** What nginx needs beside the nginx.conf of the project to run in the cluster's folder as anyone. */
import { writeFileSync } from 'node:fs';
import type { ClusterFiles } from './files.ts';

/** Writes the files and gives the arguments of nginx. `config` is the project's nginx.conf. */
export function writeNginxFiles(
  files: ClusterFiles,
  config: string,
  port: number,
  nodePorts: readonly number[],
): string[] {
  const main = files.path('nginx', 'nginx.conf');
  writeFileSync(main, `daemon off;\npid nginx.pid;\nerror_log stderr warn;\ninclude "${config}";\n`);
  const servers = nodePorts.map((nodePort) => `server 127.0.0.1:${nodePort} max_fails=0;\n`);
  writeFileSync(files.path('nginx', 'roomcast', 'upstream.conf'), servers.join(''));
  // The packaged folders for temporary files belong to root. Here, none are written (see nginx.conf), but they must be.
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};\n`);
  // This machine only: the rooms of a local cluster are open to everyone who reaches it.
  const listen = `listen 127.0.0.1:${port} backlog=4096;\naccess_log "${files.log('nginx')}" roomcast;\n`;
  writeFileSync(files.path('nginx', 'roomcast', 'server.conf'), listen + temporary.join(''));
  return ['-p', files.path('nginx'), '-c', main, '-e', 'stderr'];
}
