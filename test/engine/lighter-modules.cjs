// Loaded into programs and provider hosts by --require. Each of them starts anew for every command, and spends most of
// its time on loading modules, of which it uses little: the same code is loaded here later, or from one file.
"use strict";

const Module = require("node:module");

const { LIGHTER_CLIENT_NODE, LIGHTER_FOR } = process.env;
const load = Module._load;

/** The SDK traces its own work for Zipkin and OpenTelemetry, and maps the lines of its own stacks. */
const untraced = {
  "./tracing": {
    newSpan: () => new Proxy({}, { get: () => () => undefined }),
    start: () => undefined,
  },
  "./instrumentation": { withRootContext: (run) => run(), shutdownTracing: async () => undefined },
  "source-map-support/register": {},
};

/** The SDK loads the rest at once, to serialize functions, which programs of ours do not need. */
Module._load = function (request, parent, ...rest) {
  const later = () => load.call(this, request, parent, ...rest);
  const from = parent?.filename ?? "";
  if (request in untraced && /pulumi\/cmd\/(run|dynamic-provider)\//.test(from)) return untraced[request];
  if (request === "@npmcli/arborist" && from.endsWith("codePaths.js")) {
    return {
      __esModule: true,
      get Arborist() {
        return later().Arborist;
      },
    };
  }
  if (request === "typescript" && from.endsWith("typescript-shim.js")) return loadedLater(later);
  if (request === "./automation" && from.endsWith("@pulumi/pulumi/index.js")) return loadedLater(later);
  return load.call(this, request, parent, ...rest);
};

const loadedLater = (later) =>
  new Proxy(
    { __esModule: true },
    { get: (own, name) => own[name] ?? later()[name], has: (_, name) => name in later() },
  );

/** The client's package has nine hundred files. */
if (LIGHTER_CLIENT_NODE && LIGHTER_FOR) {
  Module.registerHooks({
    resolve: (specifier, context, next) =>
      // Other hooks see the file, too.
      specifier === "@kubernetes/client-node" && context.parentURL?.startsWith(LIGHTER_FOR)
        ? next(LIGHTER_CLIENT_NODE, context)
        : next(specifier, context),
  });
}
