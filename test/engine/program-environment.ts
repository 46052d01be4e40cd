import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { clientNodeBundle } from "../client-node-bundle.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

interface Surroundings {
  pulumi: string;
  /** A folder of plugins. */
  plugins: string | undefined;
  /** Where the CLI keeps its files, and the backend. */
  home: string;
  node: string | undefined;
  isInstalled: boolean;
}

/** The environment of the CLI, and so of the programs and provider processes that it starts. */
export function programEnvironment({
  pulumi,
  plugins,
  home,
  node,
  isInstalled,
}: Surroundings): NodeJS.ProcessEnv {
  const paths = [
    path.dirname(pulumi),
    // Program and provider run on the Node that runs the tests.
    path.dirname(node ?? process.execPath),
    ...(plugins === undefined ? [] : [plugins]),
    process.env["PATH"],
  ];
  return {
    ...process.env,
    ...(!isInstalled && { ...lighterModules.env, NODE_OPTIONS: `--require=${lighterModules.file}` }),
    PATH: paths.join(path.delimiter),
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: `file://${home}/backend`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
    // A command is over before it needs its garbage collected.
    GOGC: "off",
    GOMEMLIMIT: "512MiB",
    // `--event-log` is one of the debug commands.
    PULUMI_DEBUG_COMMANDS: "true",
    NO_COLOR: "1",
  };
}

/** Loaded into processes of Node by --require: each command starts two, which spend most of their time on loading modules that they hardly use. */
export const lighterModules = {
  file: fileURLToPath(new URL("lighter-modules.cjs", import.meta.url)),
  env: {
    LIGHTER_CLIENT_NODE: pathToFileURL(clientNodeBundle).href,
    LIGHTER_FOR: pathToFileURL(path.join(REPOSITORY, "dist/")).href,
  },
};

/** Later ones win, but NODE_OPTIONS add up. */
export function joinEnvironments(...environments: NodeJS.ProcessEnv[]): NodeJS.ProcessEnv {
  const options = environments.flatMap(({ NODE_OPTIONS }) => NODE_OPTIONS ?? []);
  return Object.assign(
    {},
    ...environments,
    options.length > 0 && { NODE_OPTIONS: options.join(" ") },
  ) as NodeJS.ProcessEnv;
}
