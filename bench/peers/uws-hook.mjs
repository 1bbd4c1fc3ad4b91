import { registerHooks } from 'node:module';

/**
 * What Colyseus' transport finds, and nobody else: uWebSockets.js with a default export, which the repack lacks, and an
 * empty module for its optional Express bridge, which it imports at once and whose absence would end the process.
 */
const found = {
  'uWebSockets.js': new URL('./uws-default.mjs', import.meta.url).href,
  'uwebsockets-express': 'data:text/javascript,',
};

registerHooks({
  resolve(specifier, context, next) {
    const isTransport = context.parentURL?.includes('/@colyseus/uwebsockets-transport/');
    return next((isTransport && found[specifier]) || specifier, context);
  },
});
