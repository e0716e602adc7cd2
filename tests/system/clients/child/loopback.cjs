// Node starts with this in the clients' processes: nothing but the local org is reachable.
'use strict';

const dns = require('node:dns');

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1']);
const lookUp = dns.lookup;

dns.lookup = function refused(hostname, options, callback) {
  if (LOOPBACK.has(hostname)) return lookUp.apply(this, arguments);
  const done = callback || options;
  const error = Object.assign(new Error(`tests reach nothing but the local org: ${hostname}`), { code: 'ENOTFOUND', hostname });
  process.nextTick(done, error);
  return {};
};
// util.promisify(dns.lookup) gives an object only where this is kept.
Object.defineProperties(dns.lookup, Object.getOwnPropertyDescriptors(lookUp));
