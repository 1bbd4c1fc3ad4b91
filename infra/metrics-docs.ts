/** `npm run docs:metrics`: writes docs/METRICS.md from the metric table. */
import { writeFileSync } from 'node:fs';
import { metricsPage } from './metrics-page.ts';

writeFileSync(new URL('../docs/METRICS.md', import.meta.url), metricsPage());
