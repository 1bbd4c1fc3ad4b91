import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { UpgradeRefused } from '../support/independent/client.ts';
import { helloFrame } from '../support/independent/client-frames.ts';
import { newRoom, useClients, useCluster } from './fixture.ts';

const secret = 'the secret of the token tests, 32 bytes and more';
const origin = 'https://game.example';

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = (): number => Math.floor(Date.now() / 1000);

function jwt(claims: Record<string, unknown>, key = secret, alg = 'HS256'): string {
  const signed = `${part({ alg, typ: 'JWT' })}.${part(claims)}`;
  const signature = alg === 'none' ? '' : createHmac('sha256', key).update(signed).digest('base64url');
  return `${signed}.${signature}`;
}

const tokenOf = (sub: string): string => jwt({ sub, iat: now(), exp: now() + 600 });

const settings = { AUTH_MODE: 'jwt', JWT_SECRET: secret, ALLOWED_ORIGINS: origin };
const cluster = useCluster(settings, 2);
const clients = useClients();

describe('tokens', () => {
  it('[P2] a good one is welcomed, and its sub is the user', async () => {
    const { client } = await clients.guest(cluster().url, { origin, token: tokenOf('ada') });
    const joined = await client.join(newRoom());
    expect(joined.roster).toMatchObject([{ member: joined.me, user: 'ada' }]);
  });

  const refused: readonly (readonly [string, () => string | null])[] = [
    ['no token', () => null],
    ['an empty one', () => ''],
    ['one that is no JWT', () => 'abc'],
    ['one that is over', () => jwt({ sub: 'ada', iat: now() - 7200, exp: now() - 3600 })],
    ['one of another secret', () => jwt({ sub: 'ada', exp: now() + 600 }, 'another secret that is long enough too')],
    ['one without signature', () => jwt({ sub: 'ada', exp: now() + 600 }, secret, 'none')],
    ['one with bent claims', () => tokenOf('ada').replace(/\.[^.]+\./, `.${part({ sub: 'root', exp: now() + 600 })}.`)],
    ['one without sub', () => jwt({ exp: now() + 600 })],
  ];

  it.each(refused)('[P2] %s closes with 4501', async (_what, token) => {
    const client = await clients.open(cluster().url, { origin });
    client.write(helloFrame(token(), null));
    expect((await client.closed).code).toBe(4501);
  });

  it('[P5] a resume token of another user gives a new session', async () => {
    const ada = await clients.guest(cluster().nodeUrl(0), { origin, token: tokenOf('ada') });
    const room = newRoom();
    const { me } = await ada.client.join(room);
    const { resume, sid } = ada.welcome;
    const bob = await clients.guest(cluster().nodeUrl(1), { origin, token: tokenOf('bob'), resume });
    expect(bob.welcome.sid).not.toBe(sid);
    const joined = await bob.client.join(room);
    expect(joined.me).not.toBe(me);
    expect(joined.roster?.find(({ member }) => member === joined.me)?.user).toBe('bob');
    await ada.client.ping(1);
    const again = await clients.guest(cluster().nodeUrl(1), { origin, token: tokenOf('ada'), resume });
    expect(again.welcome.sid).toBe(sid);
    expect((await again.client.join(room)).me).toBe(me);
  });
});

describe('origins', () => {
  it('[section 1] one that is not allowed gets 403', async () => {
    for (const url of [cluster().url, cluster().nodeUrl(0)]) {
      for (const other of [
        'https://evil.example',
        'http://game.example',
        'https://game.example.evil.example',
        'null',
      ]) {
        const refusal = await clients.open(url, { origin: other }).catch((error: unknown) => error);
        expect(refusal, other).toBeInstanceOf(UpgradeRefused);
        expect(refusal).toMatchObject({ status: 403 });
      }
    }
  });
});
