#!/usr/bin/env node
/** `npm start`: one node, configured by the environment (docs/CONFIG.md). SIGTERM or Ctrl-C stops it in peace. */
import { ConfigFault } from './config/config-fault.ts';
import { loadConfig } from './config/load-config.ts';
import { readEnvironment } from './config/read-environment.ts';
import type { Config } from './config/settings.ts';
import { startNode } from './node/start-node.ts';
import { createLogger } from './telemetry/logger.ts';

const EXIT_CONFIG = 78;
/** A stop that takes longer is ended: whoever started us wants the process gone. */
const STOP_WITHIN_MS = 10_000;

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
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    // A second signal ends the wait.
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    node.stop().then(
      () => process.exit(0),
      (cause: unknown) => {
        log.error({ err: cause }, 'the node could not stop in peace');
        process.exit(1);
      },
    );
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
