// Loaded into provider processes by NODE_OPTIONS=--require: writes down which modules they load and where they
// connect to, one JSON line each. Other processes, such as the program's, are left alone.
"use strict";
const { appendFileSync } = require("node:fs");

if (process.env.SPY_FILE && /dynamic-provider/.test(process.argv[1] ?? "")) {
  const note = (entry) => appendFileSync(process.env.SPY_FILE, `${JSON.stringify(entry)}\n`);
  note({ process: process.pid });

  require("node:module").registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      note({ module: found.url, from: context.parentURL });
      return found;
    },
  });

  const net = require("node:net");
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...args) {
    // What HTTP clients give along, agents and all, runs in circles.
    const { host, port, path } = Object([args[0]].flat()[0]);
    note({ network: JSON.stringify((port ?? path) ? { host, port, path } : args.slice(0, 2)) });
    return connect.apply(this, args);
  };
  const dns = require("node:dns");
  for (const api of [dns, dns.promises]) {
    for (const method of Object.keys(api).filter((name) => /^(lookup|resolve|reverse)/.test(name))) {
      const original = api[method];
      if (typeof original !== "function") continue;
      api[method] = function (...args) {
        // A server that listens looks up even the address that it is given.
        if (!net.isIP(String(args[0]))) note({ network: `dns ${method} ${String(args[0])}` });
        return original.apply(this, args);
      };
    }
  }
}
