import * as uws from 'uWebSockets.js';

/** uWebSockets.js as the upstream package offers it, with a default export, which Colyseus imports and the repack lacks. */
export default uws;
