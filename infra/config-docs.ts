/** `npm run docs:config`: writes docs/CONFIG.md and .env.example from the table of settings. */
import { writeFileSync } from 'node:fs';
import { configPage, envExample } from './config-page.ts';

const root = new URL('..', import.meta.url);
writeFileSync(new URL('docs/CONFIG.md', root), configPage());
writeFileSync(new URL('.env.example', root), envExample());
