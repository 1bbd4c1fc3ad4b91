#!/usr/bin/env node
/**
 * `npm start`: one node, configured by the environment (docs/CONFIG.md). SIGTERM or Ctrl-C drains and stops it; a second one
 * ends the drain, a third one the process.
 */
import { ConfigFault } from './config/config-fault.ts';
import { loadConfig } from './config/load-config.ts';
import { readEnvironment } from './config/read-environment.ts';
import type { Config } from './config/settings.ts';
import { STOP_WITHIN_MS, startNode } from './node/start-node.ts';
import { createLogger } from './telemetry/logger.ts';

const EXIT_CONFIG = 78;

function readConfig(): Config | null {
  try {
    return loadConfig(readEnvironment());
  } catch (cause) {
    if (!(cause instanceof ConfigFault)) throw cause;
    console.error(cause.message);
    return null;
  }
}

async function main(config: Config): Promise<void> {
  const log = createLogger(config.logLevel, undefined, { node: config.nodeId });
  const node = await startNode(config, log);
  log.info({ port: node.port, host: config.host }, 'ready');
  let signals = 0;
  const end = (stopping: Promise<void>): void => {
    stopping.then(
      () => process.exit(0),
      (cause: unknown) => {
        log.error({ err: cause }, 'the node could not stop in peace');
        process.exit(1);
      },
    );
  };
  const stop = (signal: NodeJS.Signals): void => {
    signals++;
    if (signals > 2) process.exit(1);
    if (signals === 2) return end(node.stop());
    log.info({ signal }, 'draining');
    // A stop that takes longer is ended: whoever started us wants the process gone.
    setTimeout(() => process.exit(1), config.drainTimeoutMs + STOP_WITHIN_MS).unref();
    end(node.drain().then(() => node.stop()));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

const config = readConfig();
if (config === null) process.exitCode = EXIT_CONFIG;
else {
  main(config).catch((cause: unknown) => {
    console.error(`roomcast can't start: ${cause instanceof Error ? cause.message : String(cause)}`);
    process.exit(1);
  });
}
