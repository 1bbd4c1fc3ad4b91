/** infra/k8s against the source: what no cluster is needed for. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { ConfigFault } from '../../../src/config/config-fault.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { SETTINGS } from '../../../src/config/settings.ts';
import { STOP_WITHIN_MS } from '../../../src/node/start-node.ts';
import { allSeries } from '../../../src/telemetry/series.ts';

interface Part {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Record<string, string> };
  readonly data?: Record<string, string>;
  readonly stringData?: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: the shapes are those of Kubernetes, not ours
  readonly spec?: any;
}

const file = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const parts = ['nodes.yaml', 'ingress.yaml', 'before/secret.yaml'].flatMap((name) =>
  parseAllDocuments(file(`infra/k8s/${name}`)).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Part;
  }),
);
const POD = 'roomcast-6d4b75cb6d-x7k2p';
const known = Object.values(SETTINGS).map((row) => row.env);

function part(kind: string, name = 'roomcast'): Part {
  const found = parts.filter((one) => one.kind === kind && one.metadata.name === name);
  expect(found, `${kind} ${name}`).toHaveLength(1);
  return found[0] as Part;
}

const pod = part('Deployment').spec.template;
const [container] = pod.spec.containers;
const settings = { ...part('ConfigMap').data, ...part('Secret').stringData, NODE_ID: POD };
const filledIn = { ...settings, SESSION_SECRET: 'x'.repeat(32) };
const config = loadConfig(filledIn, { hostname: POD, pid: 1 });

describe('infra/k8s', () => {
  it('has what a cluster is made of, each once', () => {
    expect(parts.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ConfigMap roomcast',
      'Deployment roomcast',
      'Service roomcast',
      'Service roomcast-nodes',
      'PodDisruptionBudget roomcast',
      'HorizontalPodAutoscaler roomcast',
      'Ingress roomcast',
      'Secret roomcast',
    ]);
  });

  it('gives each node settings that are in the table and make a configuration', () => {
    expect(Object.keys(settings).filter((name) => !known.includes(name))).toEqual([]);
    for (const value of Object.values(settings)) expect(typeof value).toBe('string');
    expect(config).toMatchObject({
      nodeEnv: 'production',
      host: '0.0.0.0',
      nodeId: POD,
      redisUrl: 'redis://redis:6379',
    });
    expect(container.env.map(({ name }: { name: string }) => name)).toEqual(['NODE_ID']);
    expect(container.env[0].valueFrom.fieldRef.fieldPath).toBe('metadata.name');
    expect(container.envFrom).toEqual([{ configMapRef: { name: 'roomcast' } }, { secretRef: { name: 'roomcast' } }]);
  });

  it('has a place for all that the compose file passes on, and starts nothing with secrets that everybody knows', () => {
    const compose = parse(file('docker-compose.cluster.yml'), { merge: true }) as { 'x-node': { environment: object } };
    const passed = Object.keys(compose['x-node'].environment);
    expect(passed.filter((name) => !(name in settings))).toEqual([]);
    expect(() => loadConfig(settings, { hostname: POD, pid: 1 })).toThrow(ConfigFault);
    const secrets = Object.entries(part('Secret').stringData ?? {}).filter(([name]) => name !== 'REDIS_URL');
    expect(secrets.filter(([, value]) => value !== '')).toEqual([]);
  });

  it('starts beside the variables that Kubernetes makes of services', () => {
    const links = { ROOMCAST_SERVICE_HOST: '10.0.0.1', REDIS_PORT: 'tcp://10.0.0.2:6379' };
    expect(loadConfig({ ...filledIn, ...links }, { hostname: POD, pid: 1 })).toEqual(config);
  });

  it('asks the process whether it lives, and the node whether clients should come', () => {
    expect(container.livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'http' });
    expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'http' });
    expect(container.ports).toEqual([{ name: 'http', containerPort: config.port }]);
  });

  it('leaves a node the time to drain and stop', () => {
    const [command, seconds] = container.lifecycle.preStop.exec.command;
    expect(command).toBe('sleep');
    const neededMs = Number(seconds) * 1000 + config.drainTimeoutMs + STOP_WITHIN_MS;
    expect(pod.spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(neededMs);
  });

  it('selects the pods, and leads to their port', () => {
    const { labels } = pod.metadata;
    for (const kind of ['Deployment', 'PodDisruptionBudget']) {
      expect(part(kind).spec.selector.matchLabels).toEqual(labels);
    }
    for (const name of ['roomcast', 'roomcast-nodes']) {
      const { spec } = part('Service', name);
      expect(spec.selector).toEqual(labels);
      expect(spec.ports[0].targetPort).toBe('http');
    }
    const headless = part('Service', 'roomcast-nodes').spec;
    expect(headless).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(headless.ports[0].port).toBe(config.port);
  });

  it('runs as the user of the image, with no rights', () => {
    expect(file('Dockerfile')).toMatch(/^USER node$/m);
    expect(pod.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(container.securityContext).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true });
  });

  it('scales by a series of the table, below what a node takes, and survives one node', () => {
    const { spec } = part('HorizontalPodAutoscaler');
    expect(spec.scaleTargetRef).toMatchObject({ kind: 'Deployment', name: 'roomcast' });
    const [{ pods }] = spec.metrics;
    const series = allSeries().find(({ name }) => name === pods.metric.name);
    expect(series?.type).toBe('gauge');
    const average = Number(pods.target.averageValue);
    expect((average * spec.minReplicas) / (spec.minReplicas - 1)).toBeLessThanOrEqual(config.connectionsMax);
    expect(part('Deployment').spec.replicas).toBeUndefined();
    const adapter = parse(file('infra/prometheus/adapter.yml')) as { rules: readonly { seriesQuery: string }[] };
    expect(adapter.rules[0]?.seriesQuery).toMatch(new RegExp(`^${pods.metric.name}\\{`));
  });
});

describe('the ingress', () => {
  const { metadata, spec } = part('Ingress');
  const annotation = (name: string): string => metadata.annotations?.[`nginx.ingress.kubernetes.io/${name}`] ?? '';
  const conf = file('nginx.conf');

  it('hashes by the key that nginx.conf makes, with the same maps', () => {
    expect(conf).toContain(`hash ${annotation('upstream-hash-by')} consistent;`);
    const maps = [...conf.matchAll(/^ {2}map \$\w+ \$sticky_\w+ \{[\s\S]*?^ {2}\}$/gm)].map(([map]) => unindented(map));
    expect(maps).toHaveLength(4);
    const controller = parse(file('infra/k8s/before/ingress-nginx.yaml')) as Part;
    expect(unindented(controller.data?.['http-snippet'] ?? '').trim()).toBe(maps.join('\n'));
    const logged = controller.data?.['log-format-upstream'] ?? '';
    expect(logged).not.toMatch(/\$(request|request_uri|args|query_string|arg_\w+|http_referer)\b(?!_)/);
  });

  it('waits on a silent socket for longer than any KEEP_ALIVE_MS', () => {
    const readMs = Number(annotation('proxy-read-timeout')) * 1000;
    expect(SETTINGS.keepAliveMs.kind.schema.safeParse(String(readMs)).success).toBe(false);
    expect(annotation('proxy-next-upstream')).toBe('error timeout http_503');
  });

  it('passes what nginx.conf passes, and no metrics', () => {
    const passed = [...conf.matchAll(/location (?:= )?(\S+?)\/? \{\s*proxy_pass http:\/\/roomcast_nodes;/g)];
    const { paths } = spec.rules[0].http;
    expect(new Set(paths.map(({ path }: { path: string }) => path))).toEqual(new Set(passed.map(([, path]) => path)));
    const ports = part('Service').spec.ports.map(({ name }: { name: string }) => name);
    for (const { backend } of paths) {
      expect(backend.service.name).toBe('roomcast');
      expect(ports).toContain(backend.service.port.name);
    }
  });
});

function unindented(text: string): string {
  return text.replace(/^ +/gm, '');
}
