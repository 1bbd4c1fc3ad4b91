import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { END_WITHIN_MS } from '../../../infra/cluster/supervisor.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { SETTINGS } from '../../../src/config/settings.ts';
import { STOP_WITHIN_MS } from '../../../src/node/start-node.ts';

const at = (path: string): URL => new URL(`../../../${path}`, import.meta.url);
const file = (path: string): string => readFileSync(at(path), 'utf8');
const machine = { hostname: 'node1', pid: 1 };
const defaults = loadConfig({}, machine);
const known = Object.values(SETTINGS).map((row) => row.env);

interface Service {
  readonly image: string;
  readonly hostname?: string;
  readonly environment?: Record<string, string>;
  readonly depends_on?: Record<string, { condition: string }>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: object;
  readonly ulimits?: { nofile: { soft: number; hard: number } };
  readonly networks: readonly string[];
  readonly stop_grace_period?: string;
}

const compose = parse(file('docker-compose.cluster.yml'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  networks: Record<string, { internal?: boolean } | null>;
};
const { nginx, redis, ...nodes } = compose.services;
const nginxConf = file('nginx.conf').replace(/^\s*#.*$/gm, '');
const upstream = [...file('infra/nginx/upstream.conf').matchAll(/^server (\w+):(\d+) (.*);$/gm)];

/** As compose does it, with nothing set but what the file demands. */
function substitute(text: string): string {
  return text.replace(/\$\{[A-Z_]+(?::-([^}]*)|:\?[^}]*)\}/g, (_, fallback?: string) => fallback ?? 'x'.repeat(32));
}

function directive(name: string): string {
  const [, value] = new RegExp(`^\\s*${name}\\s+([^;]+);`, 'm').exec(nginxConf) ?? [];
  return value ?? '';
}

describe('docker-compose.cluster.yml', () => {
  it('runs three nodes, and nginx waits for and serves just these', () => {
    const names = Object.keys(nodes);
    expect(names).toEqual(['node1', 'node2', 'node3']);
    expect(Object.keys(nginx?.depends_on ?? {})).toEqual(names);
    expect(upstream.map(([, host]) => host)).toEqual(names);
    expect(Object.values(nodes).map((node) => node.hostname)).toEqual(names);
  });

  it('waits for health, not for starts', () => {
    const conditions = Object.values(compose.services).flatMap((service) => Object.values(service.depends_on ?? {}));
    expect(new Set(conditions.map(({ condition }) => condition))).toEqual(new Set(['service_healthy']));
    expect(nginx?.healthcheck).toBeDefined();
    expect(redis?.healthcheck).toBeDefined();
    // The nodes have theirs from the image.
    expect(file('Dockerfile')).toMatch(/^HEALTHCHECK /m);
  });

  it('gives each node settings that are in the table and make a configuration', () => {
    for (const node of Object.values(nodes)) {
      const environment = node.environment ?? {};
      expect(Object.keys(environment).filter((name) => !known.includes(name))).toEqual([]);
      const env = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, substitute(value)]));
      const config = loadConfig(env, machine);
      expect(config).toMatchObject({ nodeEnv: 'production', host: '0.0.0.0', redisUrl: 'redis://redis:6379' });
      for (const [, , port] of upstream) expect(Number(port)).toBe(config.port);
    }
  });

  it('passes on what an operator has to choose', () => {
    const environment = nodes.node1?.environment ?? {};
    for (const name of ['SESSION_SECRET', 'AUTH_MODE', 'JWT_SECRET', 'ALLOWED_ORIGINS', 'ADMIN_TOKEN', 'ROOMS_RELAY']) {
      expect(environment[name]).toContain(`\${${name}:`);
    }
  });

  it('mounts files that are there, and keeps the data of Redis in a volume', () => {
    for (const service of [nginx, redis]) {
      const binds = (service?.volumes ?? []).filter((volume) => volume.startsWith('./'));
      expect(binds.length).toBeGreaterThan(0);
      for (const bind of binds) expect(existsSync(at(bind.split(':')[0] ?? ''))).toBe(true);
    }
    expect(redis?.volumes).toContain('redis-data:/data');
    expect(compose.volumes).toHaveProperty('redis-data');
  });

  it('publishes nginx alone and hides Redis', () => {
    const published = Object.entries(compose.services).filter(([, service]) => service.ports !== undefined);
    expect(published.map(([name]) => name)).toEqual(['nginx']);
    const [, listens] = /^listen (\d+)/m.exec(file('infra/nginx/server.conf')) ?? [];
    expect(substitute(nginx?.ports?.[0] ?? '')).toBe(`8080:${listens}`);
    expect(redis?.networks).toEqual(['inside']);
    expect(compose.networks.inside?.internal).toBe(true);
  });

  it('allows each node the files for all its connections, and time for a drain', () => {
    for (const node of Object.values(nodes)) {
      expect(node.ulimits?.nofile.hard).toBeGreaterThan(2 * defaults.connectionsMax);
      const graceMs = Number.parseInt(node.stop_grace_period ?? '', 10) * 1000;
      expect(graceMs).toBeGreaterThan(defaults.drainTimeoutMs + STOP_WITHIN_MS);
    }
  });
});

describe('npm run cluster', () => {
  it('waits for as long as a node drains and stops', () => {
    expect(END_WITHIN_MS).toBeGreaterThan(defaults.drainTimeoutMs + STOP_WITHIN_MS);
  });
});

describe('Dockerfile', () => {
  const dockerfile = file('Dockerfile');

  it('runs the built node as a user without rights, on the Node of .nvmrc', () => {
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^CMD \["node", "dist\/main\.js"\]$/m);
    const bases = [...dockerfile.matchAll(/^FROM node:(\d+)-/gm)].map(([, major]) => major);
    expect(new Set(bases)).toEqual(new Set([file('.nvmrc').trim()]));
  });

  it('sets only what is in the table', () => {
    const [, assignments = ''] = /^ENV (.*)$/m.exec(dockerfile) ?? [];
    const names = assignments.split(' ').map((assignment) => assignment.split('=')[0]);
    expect(names.filter((name) => !known.includes(name ?? ''))).toEqual([]);
  });

  it('copies what is there and what .dockerignore lets through', () => {
    const allowed =
      file('.dockerignore')
        .match(/^!.*$/gm)
        ?.map((line) => line.slice(1)) ?? [];
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(
      ([, paths]) => paths?.split(' ') ?? [],
    );
    expect(copied.length).toBeGreaterThan(0);
    for (const path of copied) {
      expect(allowed).toContain(path);
      expect(existsSync(at(path)), path).toBe(true);
    }
  });
});

describe('nginx.conf', () => {
  it('holds 20,000 clients, both sides of each, in one worker', () => {
    const connections = Number(directive('worker_connections'));
    expect(connections).toBeGreaterThanOrEqual(2 * 20_000);
    expect(Number(directive('worker_rlimit_nofile'))).toBeGreaterThan(connections);
  });

  it('waits on a silent socket for longer than any KEEP_ALIVE_MS', () => {
    const [, ws = ''] = /location = \/ws \{([^}]*)\}/.exec(nginxConf) ?? [];
    const [, hours] = /proxy_read_timeout (\d+)h;/.exec(ws) ?? [];
    expect(SETTINGS.keepAliveMs.kind.schema.safeParse(String(Number(hours) * 3_600_000)).success).toBe(false);
  });

  it('passes what clients and people use', () => {
    const passed = [...nginxConf.matchAll(/location (= )?(\S+) \{\s*proxy_pass http:\/\/roomcast_nodes;/g)];
    expect(passed.map(([, , path]) => path)).toEqual([
      '/ws',
      '/healthz',
      '/readyz',
      '/api/',
      '/dashboard',
      '/dashboard/',
    ]);
  });

  it('logs no query strings', () => {
    const [, format = ''] = /log_format roomcast ([^;]+);/.exec(nginxConf) ?? [];
    expect(format).toContain('$uri');
    expect(format).not.toMatch(/\$(request|request_uri|args|query_string|arg_\w+|http_referer)\b(?!_)/);
    expect(file('infra/nginx/server.conf')).toMatch(/^access_log \S+ roomcast;$/m);
  });

  it('names the CONNECTIONS_MAX that keeps a node below the ephemeral ports', () => {
    expect(file('nginx.conf')).toContain(`(${defaults.connectionsMax.toLocaleString('en')})`);
  });

  it('takes no node out for failures: a WebSocket counts as success only at its end', () => {
    for (const [, , , options] of upstream) expect(options).toBe('max_fails=0');
    expect(file('infra/cluster/nginx-files.ts')).toContain('max_fails=0;');
  });
});
